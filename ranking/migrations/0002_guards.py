"""What the database itself refuses: changed history, unfitting arrays, weights out of range."""

from django.db import migrations

POLICY_GUARD = """
CREATE FUNCTION ranking_policy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unchanged ranking_rankingpolicy;
BEGIN
    IF OLD.status = 'draft' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        IF NEW.status = 'superseded' THEN
            RAISE EXCEPTION 'a draft becomes superseded only by way of being published'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ranking_policy_guard';
        END IF;
        IF (NEW.branch_id, NEW.revision) <> (OLD.branch_id, OLD.revision) THEN
            RAISE EXCEPTION 'a draft keeps its branch and revision number'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ranking_policy_guard';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'revision % was live: it is history and stays', OLD.revision
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ranking_policy_guard';
    END IF;
    unchanged := NEW;
    IF OLD.status = 'published' AND NEW.status = 'superseded' THEN
        unchanged.status := OLD.status;
    END IF;
    IF unchanged IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'revision % was live: it can no longer change', OLD.revision
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ranking_policy_guard';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ranking_policy_guard BEFORE UPDATE OR DELETE ON ranking_rankingpolicy
    FOR EACH ROW EXECUTE FUNCTION ranking_policy_guard();
"""
DROP_POLICY_GUARD = """
DROP TRIGGER ranking_policy_guard ON ranking_rankingpolicy;
DROP FUNCTION ranking_policy_guard();
"""

WEIGHTS = """
ALTER TABLE ranking_rankingpolicy ADD CONSTRAINT ranking_policy_weights_in_range CHECK (
    jsonb_typeof(weights) = 'object'
    AND NOT jsonb_path_exists(weights, '$.* ? (@.type() != "number" || @ < 0 || @ > 100)')
    AND jsonb_path_exists(weights, '$.* ? (@ > 0)')
);
"""
DROP_WEIGHTS = "ALTER TABLE ranking_rankingpolicy DROP CONSTRAINT ranking_policy_weights_in_range;"

DECISION_GUARDS = """
ALTER TABLE ranking_decision ADD CONSTRAINT ranking_decision_arrays_fit CHECK (
    cardinality(technician_ids) = cardinality(contractor_ids)
    AND cardinality(scores) = cardinality(contractor_ids)
    AND octet_length(facts) = 4 * cardinality(contractor_ids) * cardinality(fact_names)
);
CREATE FUNCTION ranking_decision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a ranking decision is never changed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ranking_decision_guard';
END
$$;
CREATE TRIGGER ranking_decision_guard BEFORE UPDATE ON ranking_decision
    FOR EACH ROW EXECUTE FUNCTION ranking_decision_guard();
"""
DROP_DECISION_GUARDS = """
DROP TRIGGER ranking_decision_guard ON ranking_decision;
DROP FUNCTION ranking_decision_guard();
ALTER TABLE ranking_decision DROP CONSTRAINT ranking_decision_arrays_fit;
"""

ONE_BRANCH = """
ALTER TABLE ranking_outcome ADD CONSTRAINT ranking_outcome_contractor_of_branch
    FOREIGN KEY (contractor_id, branch_id) REFERENCES network_contractor (id, branch_id)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ranking_scorecard ADD CONSTRAINT ranking_scorecard_contractor_of_branch
    FOREIGN KEY (contractor_id, branch_id) REFERENCES network_contractor (id, branch_id)
    DEFERRABLE INITIALLY DEFERRED;
"""
DROP_ONE_BRANCH = """
ALTER TABLE ranking_outcome DROP CONSTRAINT ranking_outcome_contractor_of_branch;
ALTER TABLE ranking_scorecard DROP CONSTRAINT ranking_scorecard_contractor_of_branch;
"""


class Migration(migrations.Migration):
    dependencies = [("ranking", "0001_initial"), ("network", "0001_initial")]

    operations = [
        migrations.RunSQL(POLICY_GUARD, DROP_POLICY_GUARD),
        migrations.RunSQL(WEIGHTS, DROP_WEIGHTS),
        migrations.RunSQL(DECISION_GUARDS, DROP_DECISION_GUARDS),
        migrations.RunSQL(ONE_BRANCH, DROP_ONE_BRANCH),
    ]
