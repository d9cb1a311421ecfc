"""The guards of offers and visits let a job's skill relief count.

Written as a change of what the functions say now, so that nothing else in them is repeated here.
"""

from django.db import migrations

STRICT = "has.level >= need.min_level"
RELIEVED = "has.level >= greatest(1, need.min_level - j.skill_relief)"
FUNCTIONS = ("jobs_offer_before_insert", "jobs_booking_fit")


def rewrite(before: str, after: str) -> str:
    changes = "\n".join(
        f"""
  IF position('{before}' IN pg_get_functiondef('{name}'::regproc)) = 0 THEN
    RAISE EXCEPTION '{name} does not ask for skills as expected';
  END IF;
  EXECUTE replace(pg_get_functiondef('{name}'::regproc), '{before}', '{after}');"""
        for name in FUNCTIONS
    )
    return f"DO $relief$ BEGIN {changes}\nEND $relief$;"


class Migration(migrations.Migration):
    dependencies = [("jobs", "0014_changes")]

    operations = [
        migrations.RunSQL(rewrite(STRICT, RELIEVED), rewrite(RELIEVED, STRICT)),
    ]
