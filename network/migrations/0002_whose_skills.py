import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE network_technicianskill AS had SET contractor_id = technician.contractor_id
FROM network_technician AS technician WHERE technician.id = had.technician_id;
"""

# Rows that name only their parent get the denormalised column from it, whoever writes them; the
# composite keys refuse any other value.
FILLED_BY_PARENT = """
CREATE FUNCTION network_technician_takes_branch() RETURNS trigger LANGUAGE plpgsql AS $fill$
BEGIN
    NEW.branch_id := (SELECT branch_id FROM network_contractor WHERE id = NEW.contractor_id);
    RETURN NEW;
END
$fill$;
CREATE TRIGGER network_technician_takes_branch BEFORE INSERT ON network_technician
    FOR EACH ROW WHEN (NEW.branch_id IS NULL) EXECUTE FUNCTION network_technician_takes_branch();

CREATE FUNCTION network_technicianskill_takes_contractor() RETURNS trigger LANGUAGE plpgsql AS $fill$
BEGIN
    NEW.contractor_id := (SELECT contractor_id FROM network_technician WHERE id = NEW.technician_id);
    RETURN NEW;
END
$fill$;
CREATE TRIGGER network_technicianskill_takes_contractor BEFORE INSERT ON network_technicianskill
    FOR EACH ROW WHEN (NEW.contractor_id IS NULL)
    EXECUTE FUNCTION network_technicianskill_takes_contractor();

ALTER TABLE network_technicianskill
    ADD CONSTRAINT network_technicianskill_contractor_of_its_technician
    FOREIGN KEY (technician_id, contractor_id) REFERENCES network_technician (id, contractor_id)
    ON UPDATE CASCADE;
"""

UNDO = """
ALTER TABLE network_technicianskill
    DROP CONSTRAINT network_technicianskill_contractor_of_its_technician;
DROP TRIGGER network_technicianskill_takes_contractor ON network_technicianskill;
DROP FUNCTION network_technicianskill_takes_contractor();
DROP TRIGGER network_technician_takes_branch ON network_technician;
DROP FUNCTION network_technician_takes_branch();
"""


def _contractor(**options):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        editable=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="network.contractor",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [("network", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="technicianskill", name="network_technicianskill_who"),
        migrations.AddField("technicianskill", "contractor", _contractor(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("technicianskill", "contractor", _contractor()),
        migrations.AddIndex(
            "technicianskill",
            models.Index(fields=["skill", "contractor"], name="network_technicianskill_whose"),
        ),
        migrations.AddConstraint(
            "technician",
            models.UniqueConstraint(
                fields=["id", "contractor"], name="network_technician_id_with_contractor"
            ),
        ),
        migrations.RunSQL(FILLED_BY_PARENT, UNDO),
    ]
