"""The SQL that keeps standbys and the calendar together, and a standby with its live visit."""

GUARDS = """
-- Whoever holds the time of a visit has it in the calendar, and nobody else does.
CREATE FUNCTION jobs_standby_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  standby jobs_standby;
  entry network_calendarentry;
BEGIN
  SELECT * INTO standby FROM jobs_standby WHERE id = NEW.id;
  IF standby.closed_at IS NOT NULL THEN
    IF EXISTS (SELECT 1 FROM network_calendarentry e WHERE e.source_ref = standby.public_id) THEN
      RAISE EXCEPTION 'standby % is over and still holds time', standby.id USING
        ERRCODE = 'check_violation', CONSTRAINT = 'holds_have_their_standby',
        TABLE = 'jobs_standby';
    END IF;
    RETURN NULL;
  END IF;
  SELECT * INTO entry FROM network_calendarentry e WHERE e.source_ref = standby.public_id;
  IF (entry.kind, entry.technician_id, entry.period) IS DISTINCT FROM
     ('hold', standby.technician_id, tstzrange(standby.starts_at, standby.ends_at)) THEN
    RAISE EXCEPTION 'standby % holds no time', standby.id USING
      ERRCODE = 'check_violation', CONSTRAINT = 'standbys_hold_their_time', TABLE = 'jobs_standby';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM jobs_booking b WHERE b.id = standby.booking_id AND b.live
                    AND b.job_id = standby.job_id AND b.contractor_id <> standby.contractor_id) THEN
    RAISE EXCEPTION 'standby % stands by for no visit of somebody else', standby.id USING
      ERRCODE = 'check_violation', CONSTRAINT = 'standbys_have_their_live_visit',
      TABLE = 'jobs_standby';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER standby_settled AFTER INSERT OR UPDATE ON jobs_standby
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION jobs_standby_settled();

-- A visit that ends lets its standby go in the same transaction.
CREATE FUNCTION jobs_booking_lets_standby_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM jobs_booking b JOIN jobs_standby s ON s.booking_id = b.id
              WHERE b.id = NEW.id AND NOT b.live AND s.closed_at IS NULL) THEN
    RAISE EXCEPTION 'booking % has ended and somebody still stands by', NEW.id USING
      ERRCODE = 'check_violation', CONSTRAINT = 'ended_visits_have_no_standby',
      TABLE = 'jobs_booking';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_lets_standby_go AFTER UPDATE ON jobs_booking
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.live AND NOT NEW.live)
  EXECUTE FUNCTION jobs_booking_lets_standby_go();

-- What was agreed stays as it was; a standby that is over is final.
CREATE FUNCTION jobs_standby_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.closed_at IS NOT NULL THEN
    RAISE EXCEPTION 'standby % is over', OLD.id USING
      ERRCODE = 'check_violation', CONSTRAINT = 'ended_standbys_are_final', TABLE = 'jobs_standby';
  END IF;
  IF (NEW.job_id, NEW.booking_id, NEW.contractor_id, NEW.technician_id, NEW.fee, NEW.pay,
      NEW.currency, NEW.starts_at, NEW.ends_at, NEW.expires_at, NEW.public_id)
     IS DISTINCT FROM
     (OLD.job_id, OLD.booking_id, OLD.contractor_id, OLD.technician_id, OLD.fee, OLD.pay,
      OLD.currency, OLD.starts_at, OLD.ends_at, OLD.expires_at, OLD.public_id) THEN
    RAISE EXCEPTION 'the terms of standby % are frozen', OLD.id USING
      ERRCODE = 'check_violation', CONSTRAINT = 'standby_terms_are_frozen',
      TABLE = 'jobs_standby';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER standby_before_update BEFORE UPDATE ON jobs_standby
  FOR EACH ROW EXECUTE FUNCTION jobs_standby_before_update();
"""

GUARDS_REVERSE = """
DROP TRIGGER standby_before_update ON jobs_standby;
DROP FUNCTION jobs_standby_before_update();
DROP TRIGGER booking_lets_standby_go ON jobs_booking;
DROP FUNCTION jobs_booking_lets_standby_go();
DROP TRIGGER standby_settled ON jobs_standby;
DROP FUNCTION jobs_standby_settled();
"""

_HEAD = """
CREATE OR REPLACE FUNCTION jobs_calendar_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  entry network_calendarentry;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.source_ref IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM network_calendarentry e WHERE e.source_ref = OLD.source_ref)
       AND (EXISTS (SELECT 1 FROM jobs_offer o
                     WHERE o.public_id = OLD.source_ref AND o.status = 'pending')
            OR EXISTS (SELECT 1 FROM jobs_booking b
                        WHERE b.public_id = OLD.source_ref AND b.live)
"""
_NEEDED = """
            OR EXISTS (SELECT 1 FROM jobs_standby s
                        WHERE s.public_id = OLD.source_ref AND s.closed_at IS NULL)
"""
_MIDDLE = """) THEN
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
          AND entry.period = tstzrange(o.starts_at, o.ends_at))
"""
_HELD = """
     AND NOT EXISTS (
       SELECT 1 FROM jobs_standby s
        WHERE s.public_id = entry.source_ref AND s.closed_at IS NULL
          AND s.technician_id = entry.technician_id
          AND entry.period = tstzrange(s.starts_at, s.ends_at))
"""
_TAIL = """ THEN
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
"""

CALENDAR = _HEAD + _NEEDED + _MIDDLE + _HELD + _TAIL
CALENDAR_REVERSE = _HEAD + _MIDDLE + _TAIL
