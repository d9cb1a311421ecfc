from django.db import migrations

from jobs import invariants_sql as sql


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial"), ("network", "0001_initial")]

    operations = [
        migrations.RunSQL(sql.KEYS, sql.KEYS_REVERSE),
        migrations.RunSQL(sql.OFFER_GUARDS, sql.OFFER_GUARDS_REVERSE),
        migrations.RunSQL(sql.JOB_GUARDS, sql.JOB_GUARDS_REVERSE),
        migrations.RunSQL(sql.CALENDAR_GUARDS, sql.CALENDAR_GUARDS_REVERSE),
    ]
