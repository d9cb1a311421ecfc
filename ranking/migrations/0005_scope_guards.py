"""A draft keeps its scope, a scope belongs to the branch, and those left out fit together."""

from django.db import migrations

DRAFT_KEEPS = "(NEW.branch_id, NEW.revision) <> (OLD.branch_id, OLD.revision)"
DRAFT_KEEPS_SCOPE = (
    "(NEW.branch_id, NEW.revision, NEW.service_type_id, NEW.client_id)"
    " IS DISTINCT FROM (OLD.branch_id, OLD.revision, OLD.service_type_id, OLD.client_id)"
)

GUARD = """
CREATE OR REPLACE FUNCTION ranking_policy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
        IF {keeps} THEN
            RAISE EXCEPTION 'a draft keeps its branch, scope and revision number'
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
"""

SCOPE = """
CREATE FUNCTION ranking_policy_scope_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM network_servicetype
                WHERE id = NEW.service_type_id AND branch_id <> NEW.branch_id)
       OR EXISTS (SELECT 1 FROM network_client
                WHERE id = NEW.client_id AND branch_id <> NEW.branch_id) THEN
        RAISE EXCEPTION 'the scope of a policy belongs to its branch'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ranking_policy_scope_guard';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ranking_policy_scope_guard
    BEFORE INSERT OR UPDATE OF branch_id, service_type_id, client_id ON ranking_rankingpolicy
    FOR EACH ROW EXECUTE FUNCTION ranking_policy_scope_guard();
ALTER TABLE ranking_rankingpolicy ADD CONSTRAINT ranking_policy_rules_are_a_list
    CHECK (jsonb_typeof(rules) = 'array');
"""
DROP_SCOPE = """
ALTER TABLE ranking_rankingpolicy DROP CONSTRAINT ranking_policy_rules_are_a_list;
DROP TRIGGER ranking_policy_scope_guard ON ranking_rankingpolicy;
DROP FUNCTION ranking_policy_scope_guard();
"""

LEFT_OUT = """
ALTER TABLE ranking_decision ADD CONSTRAINT ranking_decision_left_out_fits CHECK (
    num_nulls(left_out_ids, left_out_technician_ids, left_out_rules, left_out_facts) IN (0, 4)
    AND (left_out_ids IS NULL OR (
        cardinality(left_out_technician_ids) = cardinality(left_out_ids)
        AND cardinality(left_out_rules) = cardinality(left_out_ids)
        AND octet_length(left_out_facts) = 4 * cardinality(left_out_ids) * cardinality(fact_names)))
);
"""
DROP_LEFT_OUT = "ALTER TABLE ranking_decision DROP CONSTRAINT ranking_decision_left_out_fits;"


class Migration(migrations.Migration):
    dependencies = [("ranking", "0004_scopes_and_rules"), ("network", "0001_initial")]

    operations = [
        migrations.RunSQL(GUARD.format(keeps=DRAFT_KEEPS_SCOPE), GUARD.format(keeps=DRAFT_KEEPS)),
        migrations.RunSQL(SCOPE, DROP_SCOPE),
        migrations.RunSQL(LEFT_OUT, DROP_LEFT_OUT),
    ]
