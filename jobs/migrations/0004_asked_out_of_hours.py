from django.db import migrations, models

from jobs import contact_sql as sql


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0003_papers"),
    ]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="out_of_hours",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Made outside the contractor's contact hours; stamped by the database.",
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="kind",
            field=models.CharField(
                choices=[
                    ("no_candidates", "Nobody can do this"),
                    ("everyone_asked", "Nobody left to ask"),
                    ("no_check_in", "Visit not started"),
                    ("not_finished", "Visit not finished"),
                    ("needs_another_visit", "Needs another visit"),
                    ("no_access", "No access"),
                    ("dispatch_failed", "The machine could not go on"),
                    ("ranking_fell_back", "The ranking policy cannot be used"),
                ],
                max_length=24,
            ),
        ),
        migrations.RunSQL(sql.OUT_OF_HOURS, sql.OUT_OF_HOURS_REVERSE),
    ]
