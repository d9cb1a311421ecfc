"""A decided dispute is history; a dispute belongs to its outcome's branch."""

from django.db import migrations

GUARD = """
CREATE FUNCTION ranking_dispute_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status <> 'open'
       OR (NEW.outcome_id, NEW.branch_id, NEW.text, NEW.opened_by_id, NEW.opened_at,
           NEW.due_to_before)
          IS DISTINCT FROM (OLD.outcome_id, OLD.branch_id, OLD.text, OLD.opened_by_id,
                            OLD.opened_at, OLD.due_to_before) THEN
        RAISE EXCEPTION 'what was said and decided in a dispute stays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ranking_dispute_guard';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ranking_dispute_guard BEFORE UPDATE OR DELETE ON ranking_dispute
    FOR EACH ROW EXECUTE FUNCTION ranking_dispute_guard();
"""
DROP_GUARD = """
DROP TRIGGER ranking_dispute_guard ON ranking_dispute;
DROP FUNCTION ranking_dispute_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("ranking", "0006_replays_and_disputes")]

    operations = [migrations.RunSQL(GUARD, DROP_GUARD)]
