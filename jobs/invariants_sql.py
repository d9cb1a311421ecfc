"""The SQL behind the invariants that table constraints alone cannot say.

Every refusal is raised as a check violation with a constraint name, so that callers see
one kind of error (``IntegrityError``) and can tell which rule spoke.
"""

KEYS = """
-- 2: a booked job has exactly one live booking, and a live booking has its booked job.
ALTER TABLE jobs_job ADD COLUMN live_key bigint GENERATED ALWAYS AS
  (CASE WHEN status IN ('booked', 'en_route', 'on_site') THEN id END) STORED;
ALTER TABLE jobs_job ADD CONSTRAINT job_live_key_unique UNIQUE (live_key);
ALTER TABLE jobs_booking ADD COLUMN live_job_id bigint GENERATED ALWAYS AS
  (CASE WHEN live THEN job_id END) STORED;
ALTER TABLE jobs_booking ADD CONSTRAINT one_live_booking_per_job UNIQUE (live_job_id);
ALTER TABLE jobs_booking ADD CONSTRAINT live_booking_has_its_booked_job
  FOREIGN KEY (live_job_id) REFERENCES jobs_job (live_key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE jobs_job ADD CONSTRAINT booked_job_has_its_live_booking
  FOREIGN KEY (live_key) REFERENCES jobs_booking (live_job_id) DEFERRABLE INITIALLY DEFERRED;

-- 6: a pending offer needs an open job, so a cancelled job has none.
ALTER TABLE jobs_job ADD COLUMN open_key bigint GENERATED ALWAYS AS
  (CASE WHEN status NOT IN ('completed', 'cancelled') THEN id END) STORED;
ALTER TABLE jobs_job ADD CONSTRAINT job_open_key_unique UNIQUE (open_key);
ALTER TABLE jobs_offer ADD COLUMN pending_job_id bigint GENERATED ALWAYS AS
  (CASE WHEN status = 'pending' THEN job_id END) STORED;
CREATE INDEX offer_pending_job ON jobs_offer (pending_job_id) WHERE pending_job_id IS NOT NULL;
ALTER TABLE jobs_offer ADD CONSTRAINT pending_offer_has_its_open_job
  FOREIGN KEY (pending_job_id) REFERENCES jobs_job (open_key) DEFERRABLE INITIALLY DEFERRED;

CREATE SEQUENCE jobs_reference_seq;
"""

KEYS_REVERSE = """
DROP SEQUENCE jobs_reference_seq;
ALTER TABLE jobs_offer DROP COLUMN pending_job_id;
ALTER TABLE jobs_job DROP CONSTRAINT booked_job_has_its_live_booking;
ALTER TABLE jobs_booking DROP COLUMN live_job_id;
ALTER TABLE jobs_job DROP COLUMN live_key, DROP COLUMN open_key;
"""

OFFER_GUARDS = """
-- 8: nobody is asked who may not do it. Checked under the contractor's lock. A visit that ends
-- at midnight ends on the day before.
CREATE FUNCTION jobs_offer_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  fit record;
BEGIN
  IF NEW.status <> 'pending' THEN
    RAISE EXCEPTION 'an offer begins as pending' USING
      ERRCODE = 'check_violation', CONSTRAINT = 'offer_begins_pending', TABLE = 'jobs_offer';
  END IF;
  SELECT c.status = 'active' AS active,
         c.cleared_until IS NOT NULL
           AND ((NEW.ends_at - interval '1 microsecond') AT TIME ZONE b.time_zone)::date
               <= c.cleared_until AS cleared,
         c.branch_id = NEW.branch_id AS same_branch,
         ((NEW.ends_at - interval '1 microsecond') AT TIME ZONE b.time_zone)::date AS last_day
    INTO fit
    FROM network_contractor c JOIN network_branch b ON b.id = c.branch_id
   WHERE c.id = NEW.contractor_id
     FOR SHARE OF c;
  IF NOT FOUND OR NOT (fit.active AND fit.cleared AND fit.same_branch) THEN
    RAISE EXCEPTION 'contractor % is not active and cleared through the end of the slot',
      NEW.contractor_id USING ERRCODE = 'check_violation',
      CONSTRAINT = 'offers_go_to_active_cleared_contractors', TABLE = 'jobs_offer';
  END IF;
  PERFORM 1 FROM network_technician t
    WHERE t.id = NEW.technician_id AND t.active AND t.contractor_id = NEW.contractor_id
      AND NOT EXISTS (
        SELECT 1 FROM jobs_job j
          JOIN network_servicetypeskill need ON need.service_type_id = j.service_type_id
         WHERE j.id = NEW.job_id
           AND NOT EXISTS (
             SELECT 1 FROM network_technicianskill has
              WHERE has.technician_id = t.id AND has.skill_id = need.skill_id
                AND has.level >= need.min_level
                AND (has.expires_on IS NULL OR has.expires_on >= fit.last_day)));
  IF NOT FOUND THEN
    RAISE EXCEPTION 'technician % is gone or lacks a skill that job % needs',
      NEW.technician_id, NEW.job_id USING ERRCODE = 'check_violation',
      CONSTRAINT = 'offers_go_to_skilled_technicians', TABLE = 'jobs_offer';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER offer_before_insert BEFORE INSERT ON jobs_offer
  FOR EACH ROW EXECUTE FUNCTION jobs_offer_before_insert();

-- 4: an answer counts only strictly before the deadline, by domain time read after the row
-- lock is held (row triggers run with the lock). 5: answered offers are final.
CREATE FUNCTION jobs_offer_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moment timestamptz;
BEGIN
  IF OLD.status <> 'pending' THEN
    RAISE EXCEPTION 'offer % was % and is final', OLD.id, OLD.status USING
      ERRCODE = 'check_violation', CONSTRAINT = 'answered_offers_are_final', TABLE = 'jobs_offer';
  END IF;
  IF (NEW.job_id, NEW.round_id, NEW.contractor_id, NEW.technician_id, NEW.made_at,
      NEW.expires_at, NEW.pay, NEW.currency, NEW.starts_at, NEW.ends_at, NEW.public_id)
     IS DISTINCT FROM
     (OLD.job_id, OLD.round_id, OLD.contractor_id, OLD.technician_id, OLD.made_at,
      OLD.expires_at, OLD.pay, OLD.currency, OLD.starts_at, OLD.ends_at, OLD.public_id) THEN
    RAISE EXCEPTION 'the terms of offer % are frozen', OLD.id USING
      ERRCODE = 'check_violation', CONSTRAINT = 'offer_terms_are_frozen', TABLE = 'jobs_offer';
  END IF;
  IF NEW.status = 'pending' THEN
    RETURN NEW;
  END IF;
  moment := app_now();
  IF NEW.status IN ('accepted', 'declined') THEN
    IF moment >= OLD.expires_at THEN
      RAISE EXCEPTION 'offer % expired at %', OLD.id, OLD.expires_at USING
        ERRCODE = 'check_violation', CONSTRAINT = 'answers_come_before_the_deadline',
        TABLE = 'jobs_offer';
    END IF;
    NEW.answered_at := moment;
  ELSIF NEW.status = 'expired' AND moment < OLD.expires_at THEN
    RAISE EXCEPTION 'offer % does not expire before %', OLD.id, OLD.expires_at USING
      ERRCODE = 'check_violation', CONSTRAINT = 'offers_do_not_expire_early', TABLE = 'jobs_offer';
  END IF;
  IF NEW.status = 'accepted' THEN
    PERFORM 1 FROM network_contractor c JOIN network_branch b ON b.id = c.branch_id
      WHERE c.id = NEW.contractor_id AND c.status = 'active' AND c.cleared_until IS NOT NULL
        AND ((NEW.ends_at - interval '1 microsecond') AT TIME ZONE b.time_zone)::date
            <= c.cleared_until
      FOR SHARE OF c;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'contractor % may not take work now', NEW.contractor_id USING
        ERRCODE = 'check_violation', CONSTRAINT = 'only_active_cleared_contractors_accept',
        TABLE = 'jobs_offer';
    END IF;
  END IF;
  NEW.closed_at := moment;
  RETURN NEW;
END $$;
CREATE TRIGGER offer_before_update BEFORE UPDATE ON jobs_offer
  FOR EACH ROW EXECUTE FUNCTION jobs_offer_before_update();

CREATE FUNCTION jobs_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are kept', TG_TABLE_NAME USING
    ERRCODE = 'check_violation', CONSTRAINT = 'history_is_kept', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER offer_before_delete BEFORE DELETE ON jobs_offer
  FOR EACH ROW EXECUTE FUNCTION jobs_refuse_delete();
"""

OFFER_GUARDS_REVERSE = """
DROP TRIGGER offer_before_delete ON jobs_offer;
DROP FUNCTION jobs_refuse_delete();
DROP TRIGGER offer_before_update ON jobs_offer;
DROP FUNCTION jobs_offer_before_update();
DROP TRIGGER offer_before_insert ON jobs_offer;
DROP FUNCTION jobs_offer_before_insert();
"""

JOB_GUARDS = """
-- 5: completed and cancelled jobs are final; only their history may still grow.
CREATE FUNCTION jobs_job_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('completed', 'cancelled')
     AND to_jsonb(NEW) - 'last_sequence' - 'updated_at'
         IS DISTINCT FROM to_jsonb(OLD) - 'last_sequence' - 'updated_at' THEN
    RAISE EXCEPTION 'job % is % and final', OLD.id, OLD.status USING
      ERRCODE = 'check_violation', CONSTRAINT = 'terminal_jobs_are_final', TABLE = 'jobs_job';
  END IF;
  NEW.updated_at := app_now();
  RETURN NEW;
END $$;
CREATE TRIGGER job_before_update BEFORE UPDATE ON jobs_job
  FOR EACH ROW EXECUTE FUNCTION jobs_job_before_update();

-- 9: events are append-only.
CREATE FUNCTION jobs_event_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'job events are append-only' USING
    ERRCODE = 'check_violation', CONSTRAINT = 'events_are_append_only', TABLE = 'jobs_jobevent';
END $$;
CREATE TRIGGER event_refuse_change BEFORE UPDATE OR DELETE ON jobs_jobevent
  FOR EACH ROW EXECUTE FUNCTION jobs_event_refuse_change();

-- 9: every transition of a job writes one event. The event's number lies between the job's
-- counters before and after the transition, so two moves in one transaction need two events.
CREATE FUNCTION jobs_job_transition_has_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before integer := 0;
  written integer;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    before := OLD.last_sequence;
  END IF;
  SELECT count(*) INTO written FROM jobs_jobevent
   WHERE job_id = NEW.id AND offer_id IS NULL AND to_status = NEW.status
     AND sequence > before AND sequence <= NEW.last_sequence;
  IF written <> 1 THEN
    RAISE EXCEPTION 'job % became % with % events', NEW.id, NEW.status, written USING
      ERRCODE = 'check_violation', CONSTRAINT = 'job_transitions_write_one_event',
      TABLE = 'jobs_job';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER job_transition_inserted AFTER INSERT ON jobs_job
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION jobs_job_transition_has_event();
CREATE CONSTRAINT TRIGGER job_transition_updated AFTER UPDATE ON jobs_job
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION jobs_job_transition_has_event();
"""

JOB_GUARDS_REVERSE = """
DROP TRIGGER job_transition_updated ON jobs_job;
DROP TRIGGER job_transition_inserted ON jobs_job;
DROP FUNCTION jobs_job_transition_has_event();
DROP TRIGGER event_refuse_change ON jobs_jobevent;
DROP FUNCTION jobs_event_refuse_change();
DROP TRIGGER job_before_update ON jobs_job;
DROP FUNCTION jobs_job_before_update();
"""

CALENDAR_GUARDS = """
-- 9 and 12 for offers: one event per transition; pending means a hold, otherwise none.
CREATE FUNCTION jobs_offer_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  offer jobs_offer;
  entry network_calendarentry;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM jobs_jobevent
                  WHERE offer_id = NEW.id AND to_status = NEW.status AND to_status <> '') THEN
    RAISE EXCEPTION 'offer % became % without an event', NEW.id, NEW.status USING
      ERRCODE = 'check_violation', CONSTRAINT = 'offer_transitions_write_one_event',
      TABLE = 'jobs_offer';
  END IF;
  SELECT * INTO offer FROM jobs_offer WHERE id = NEW.id;
  IF offer.status = 'pending' THEN
    -- Read by its key and compared here: with the period among the conditions the planner
    -- would walk the GiST index of the calendar.
    SELECT * INTO entry FROM network_calendarentry e WHERE e.source_ref = offer.public_id;
    IF (entry.kind, entry.technician_id, entry.period) IS DISTINCT FROM
       ('hold', offer.technician_id, tstzrange(offer.starts_at, offer.ends_at)) THEN
      RAISE EXCEPTION 'pending offer % holds no time', offer.id USING
        ERRCODE = 'check_violation', CONSTRAINT = 'pending_offers_have_their_hold',
        TABLE = 'jobs_offer';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM network_calendarentry e WHERE e.source_ref = offer.public_id) THEN
    RAISE EXCEPTION 'offer % is % and still holds time', offer.id, offer.status USING
      ERRCODE = 'check_violation', CONSTRAINT = 'holds_have_their_pending_offer',
      TABLE = 'jobs_offer';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER offer_settled_inserted AFTER INSERT ON jobs_offer
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION jobs_offer_settled();
CREATE CONSTRAINT TRIGGER offer_settled_updated AFTER UPDATE ON jobs_offer
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION jobs_offer_settled();

-- 12 for bookings: live means a calendar entry of the same technician and period.
CREATE FUNCTION jobs_booking_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  booking jobs_booking;
  entry network_calendarentry;
BEGIN
  SELECT * INTO booking FROM jobs_booking WHERE id = NEW.id;
  IF booking.live THEN
    SELECT * INTO entry FROM network_calendarentry e WHERE e.source_ref = booking.public_id;
    IF (entry.kind, entry.technician_id, entry.period) IS DISTINCT FROM
       ('booking', booking.technician_id, tstzrange(booking.starts_at, booking.ends_at)) THEN
      RAISE EXCEPTION 'live booking % is not in the calendar', booking.id USING
        ERRCODE = 'check_violation', CONSTRAINT = 'live_bookings_have_their_entry',
        TABLE = 'jobs_booking';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM network_calendarentry e WHERE e.source_ref = booking.public_id) THEN
    RAISE EXCEPTION 'booking % has ended and is still in the calendar', booking.id USING
      ERRCODE = 'check_violation', CONSTRAINT = 'booking_entries_have_their_live_booking',
      TABLE = 'jobs_booking';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_settled AFTER INSERT OR UPDATE ON jobs_booking
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION jobs_booking_settled();

-- 12 from the calendar's side, for writes that bypass offers and bookings.
CREATE FUNCTION jobs_calendar_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  entry network_calendarentry;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.source_ref IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM network_calendarentry e WHERE e.source_ref = OLD.source_ref)
       AND (EXISTS (SELECT 1 FROM jobs_offer o
                     WHERE o.public_id = OLD.source_ref AND o.status = 'pending')
            OR EXISTS (SELECT 1 FROM jobs_booking b
                        WHERE b.public_id = OLD.source_ref AND b.live)) THEN
      RAISE EXCEPTION 'calendar entry % is still needed', OLD.id USING
        ERRCODE = 'check_violation', CONSTRAINT = 'calendar_entries_in_use_are_kept',
        TABLE = 'network_calendarentry';
    END IF;
    RETURN NULL;
  END IF;
  SELECT * INTO entry FROM network_calendarentry WHERE id = NEW.id;
  IF NOT FOUND OR entry.kind = 'time_off' THEN
    RETURN NULL;
  END IF;
  IF entry.kind = 'hold' AND NOT EXISTS (
       SELECT 1 FROM jobs_offer o
        WHERE o.public_id = entry.source_ref AND o.status = 'pending'
          AND o.technician_id = entry.technician_id
          AND entry.period = tstzrange(o.starts_at, o.ends_at)) THEN
    RAISE EXCEPTION 'hold % has no pending offer', entry.id USING
      ERRCODE = 'check_violation', CONSTRAINT = 'holds_have_their_pending_offer',
      TABLE = 'network_calendarentry';
  END IF;
  IF entry.kind = 'booking' AND NOT EXISTS (
       SELECT 1 FROM jobs_booking b
        WHERE b.public_id = entry.source_ref AND b.live
          AND b.technician_id = entry.technician_id
          AND entry.period = tstzrange(b.starts_at, b.ends_at)) THEN
    RAISE EXCEPTION 'calendar entry % has no live booking', entry.id USING
      ERRCODE = 'check_violation', CONSTRAINT = 'booking_entries_have_their_live_booking',
      TABLE = 'network_calendarentry';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER calendar_settled AFTER INSERT OR UPDATE OR DELETE
  ON network_calendarentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION jobs_calendar_settled();
"""

CALENDAR_GUARDS_REVERSE = """
DROP TRIGGER calendar_settled ON network_calendarentry;
DROP FUNCTION jobs_calendar_settled();
DROP TRIGGER booking_settled ON jobs_booking;
DROP FUNCTION jobs_booking_settled();
DROP TRIGGER offer_settled_updated ON jobs_offer;
DROP TRIGGER offer_settled_inserted ON jobs_offer;
DROP FUNCTION jobs_offer_settled();
"""
