from django.db import migrations

from jobs import papers_sql as sql


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_invariants"), ("network", "0006_clearance")]

    operations = [migrations.RunSQL(sql.PAPERS, sql.PAPERS_REVERSE)]
