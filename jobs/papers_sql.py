"""The SQL behind invariant 8 where it concerns papers, and the same rule for visits.

Beside the branch-wide date, which ``jobs.invariants_sql`` asks, a skill or a service type may ask
for papers of its own; whoever lacks one is not asked for that work. A visit begins with somebody
who may do it, also when the firm sends another technician. Later changes are due work.
"""

PAPERS = """
-- Through which day the contractor's papers for a job's kind of work last; by domain days of the
-- branch. A visit that ends at midnight ends on the day before.
CREATE FUNCTION jobs_papers_hold(the_contractor bigint, the_job bigint, until timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT ((until - interval '1 microsecond') AT TIME ZONE b.time_zone)::date
         <= network_service_cleared_through(the_contractor, j.service_type_id)
    FROM jobs_job j JOIN network_branch b ON b.id = j.branch_id WHERE j.id = the_job
$$;

-- Runs after offer_before_insert, which holds the contractor's lock: papers change under it.
CREATE FUNCTION jobs_offer_papers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT jobs_papers_hold(NEW.contractor_id, NEW.job_id, NEW.ends_at) THEN
    RAISE EXCEPTION 'contractor % lacks a paper that job % asks for', NEW.contractor_id, NEW.job_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'offers_go_to_contractors_with_the_papers',
      TABLE = 'jobs_offer';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER offer_papers BEFORE INSERT ON jobs_offer
  FOR EACH ROW EXECUTE FUNCTION jobs_offer_papers();

CREATE FUNCTION jobs_booking_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last_day date;
BEGIN
  IF NOT NEW.live THEN
    RETURN NEW;
  END IF;
  SELECT ((NEW.ends_at - interval '1 microsecond') AT TIME ZONE b.time_zone)::date INTO last_day
    FROM network_branch b WHERE b.id = NEW.branch_id;
  PERFORM 1 FROM network_contractor c JOIN network_technician t ON t.contractor_id = c.id
    WHERE c.id = NEW.contractor_id AND t.id = NEW.technician_id AND t.active
      AND c.status IN ('active', 'paused') AND c.cleared_until >= last_day
      AND NOT EXISTS (
        SELECT 1 FROM jobs_job j
          JOIN network_servicetypeskill need ON need.service_type_id = j.service_type_id
         WHERE j.id = NEW.job_id
           AND NOT EXISTS (
             SELECT 1 FROM network_technicianskill has
              WHERE has.technician_id = t.id AND has.skill_id = need.skill_id
                AND has.level >= need.min_level
                AND (has.expires_on IS NULL OR has.expires_on >= last_day)))
    FOR SHARE OF c, t;
  IF NOT FOUND OR NOT jobs_papers_hold(NEW.contractor_id, NEW.job_id, NEW.ends_at) THEN
    RAISE EXCEPTION 'technician % of contractor % may not do job %', NEW.technician_id,
      NEW.contractor_id, NEW.job_id USING ERRCODE = 'check_violation',
      CONSTRAINT = 'visits_begin_with_those_who_may_do_them', TABLE = 'jobs_booking';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER booking_fit_inserted BEFORE INSERT ON jobs_booking
  FOR EACH ROW EXECUTE FUNCTION jobs_booking_fit();
CREATE TRIGGER booking_fit_updated BEFORE UPDATE ON jobs_booking
  FOR EACH ROW WHEN (NEW.live AND (NEW.technician_id <> OLD.technician_id
    OR NEW.contractor_id <> OLD.contractor_id))
  EXECUTE FUNCTION jobs_booking_fit();
"""

PAPERS_REVERSE = """
DROP TRIGGER booking_fit_updated ON jobs_booking;
DROP TRIGGER booking_fit_inserted ON jobs_booking;
DROP FUNCTION jobs_booking_fit();
DROP TRIGGER offer_papers ON jobs_offer;
DROP FUNCTION jobs_offer_papers();
DROP FUNCTION jobs_papers_hold(bigint, bigint, timestamptz);
"""
