import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import network.clock

APPEND_ONLY = """
CREATE FUNCTION network_contractornote_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN
    RAISE EXCEPTION 'notes are never changed or deleted: write another one'
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'network_contractornote_is_append_only';
END
$refuse$;
CREATE TRIGGER network_contractornote_is_append_only
    BEFORE UPDATE OR DELETE ON network_contractornote
    FOR EACH ROW EXECUTE FUNCTION network_contractornote_is_append_only();
"""

UNDO = """
DROP TRIGGER network_contractornote_is_append_only ON network_contractornote;
DROP FUNCTION network_contractornote_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0008_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContractorNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=network.clock.AppNow(), editable=False)),
                ("text", models.TextField(max_length=4000)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contractor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="network.contractor",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
                "indexes": [
                    models.Index(fields=["contractor", "-at"], name="network_contractornote_newest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="network_contractornote_says_something",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DocumentRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True, help_text="The contractor reads it.", max_length=500
                    ),
                ),
                (
                    "due_on",
                    models.DateField(blank=True, help_text="Wanted by this local day.", null=True),
                ),
                (
                    "asked_at",
                    models.DateTimeField(db_default=network.clock.AppNow(), editable=False),
                ),
                (
                    "closed_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="Taken back, or asked anew.",
                        null=True,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contractor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="document_requests",
                        to="network.contractor",
                    ),
                ),
                (
                    "requirement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.requirement",
                    ),
                ),
            ],
            options={
                "ordering": ["-asked_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("contractor", "requirement"),
                        name="network_documentrequest_one_standing",
                    )
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    ]
