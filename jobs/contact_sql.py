"""The SQL that notes, when an offer is made, whether its contractor could be expected to answer.

It is kept with the offer, because contact hours may change afterwards: whoever was asked at night
is not blamed for it, and nobody can turn a no into a neutral one by editing their hours later.
"""

OUT_OF_HOURS = """
CREATE FUNCTION jobs_offer_out_of_hours() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  hours record;
  local time;
BEGIN
  SELECT c.contact_from AS opens, c.contact_until AS closes, b.time_zone INTO hours
    FROM network_contractor c JOIN network_branch b ON b.id = c.branch_id
   WHERE c.id = NEW.contractor_id;
  local := (NEW.made_at AT TIME ZONE hours.time_zone)::time;
  -- one of them missing, or both the same: at any hour; until before from: into the next day
  NEW.out_of_hours := coalesce(
    CASE WHEN hours.opens = hours.closes THEN false
         WHEN hours.opens < hours.closes THEN NOT (local >= hours.opens AND local < hours.closes)
         ELSE local < hours.opens AND local >= hours.closes END, false);
  RETURN NEW;
END $$;
CREATE TRIGGER jobs_offer_out_of_hours BEFORE INSERT ON jobs_offer
  FOR EACH ROW EXECUTE FUNCTION jobs_offer_out_of_hours();
"""

OUT_OF_HOURS_REVERSE = """
DROP TRIGGER jobs_offer_out_of_hours ON jobs_offer;
DROP FUNCTION jobs_offer_out_of_hours();
"""
