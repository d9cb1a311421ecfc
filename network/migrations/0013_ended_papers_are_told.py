from django.db import migrations

# Papers that were approved before their end was told get the row that says when to tell it.
ADD = """
INSERT INTO network_expirywarning (document_id, days, due_on)
SELECT document.id, 0, document.expires_on + 1
FROM network_document AS document
WHERE document.state = 'approved' AND document.expires_on >= (SELECT app_now())::date
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("network", "0012_clearance_end_told")]

    operations = [
        migrations.RunSQL(ADD, "DELETE FROM network_expirywarning WHERE days = 0"),
    ]
