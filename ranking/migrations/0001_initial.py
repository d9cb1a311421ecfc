import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ranking.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("network", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BranchMeans",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("accept_rate", models.FloatField()),
                ("response_minutes", models.FloatField()),
                ("rating_mean", models.FloatField()),
                ("offers_count", models.PositiveIntegerField(default=0)),
                ("answers_count", models.PositiveIntegerField(default=0)),
                ("rating_count", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(help_text="Domain time.")),
                (
                    "branch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ranking_means",
                        to="network.branch",
                    ),
                ),
            ],
            options={
                "verbose_name": "branch means",
                "verbose_name_plural": "branch means",
            },
        ),
        migrations.CreateModel(
            name="RankingPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField(help_text="Counts up within the branch.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("published", "Live"),
                            ("superseded", "Superseded"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("weights", models.JSONField(help_text="Criterion key → weight, 0 to 100.")),
                (
                    "note",
                    models.CharField(
                        blank=True,
                        help_text="Kept in the history.",
                        max_length=300,
                        verbose_name="what changes, and why",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ranking_policies",
                        to="network.branch",
                    ),
                ),
                (
                    "copy_of",
                    models.ForeignKey(
                        blank=True,
                        help_text="The revision this one was started from.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="ranking.rankingpolicy",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "ranking policy",
                "verbose_name_plural": "ranking policies",
                "ordering": ["branch", "-revision"],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("job_ref", models.UUIDField(help_text="The job's public id; opaque to ranking.")),
                ("round_number", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField(help_text="Domain time.")),
                (
                    "criteria",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        help_text="Keys with a weight, in display order.",
                        size=None,
                    ),
                ),
                (
                    "contractor_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                (
                    "technician_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                (
                    "fact_names",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("facts", models.BinaryField()),
                (
                    "scores",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=ranking.fields.RealField(),
                        help_text="0 to 100, best first.",
                        size=None,
                    ),
                ),
                (
                    "context",
                    models.JSONField(help_text="Limit, currency, distance unit, branch means."),
                ),
                (
                    "not_eligible",
                    models.JSONField(
                        default=dict, help_text="Rule → how many contractors it left out."
                    ),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.branch",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="ranking.rankingpolicy",
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Scorecard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "offers_count",
                    models.PositiveIntegerField(
                        default=0, help_text="Offers accepted, declined or left unanswered."
                    ),
                ),
                ("accepted_count", models.PositiveIntegerField(default=0)),
                ("declined_count", models.PositiveIntegerField(default=0)),
                ("expired_count", models.PositiveIntegerField(default=0)),
                ("accept_rate", models.FloatField(help_text="0 to 1, smoothed.", null=True)),
                (
                    "answers_count",
                    models.PositiveIntegerField(
                        default=0, help_text="Answers whose time is known."
                    ),
                ),
                (
                    "response_median",
                    models.FloatField(help_text="Minutes, as measured.", null=True),
                ),
                (
                    "response_minutes",
                    models.FloatField(help_text="Median minutes, smoothed.", null=True),
                ),
                ("rating_count", models.PositiveIntegerField(default=0)),
                ("rating_average", models.FloatField(help_text="1 to 5, as given.", null=True)),
                ("rating_mean", models.FloatField(help_text="1 to 5, smoothed.", null=True)),
                (
                    "visits_count",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Visits fixed, or needing another one because of the contractor.",
                    ),
                ),
                ("fixed_count", models.PositiveIntegerField(default=0)),
                ("on_time_count", models.PositiveIntegerField(default=0)),
                ("late_count", models.PositiveIntegerField(default=0)),
                ("released_count", models.PositiveIntegerField(default=0)),
                ("no_show_count", models.PositiveIntegerField(default=0)),
                (
                    "recent_accepted",
                    models.PositiveIntegerField(
                        default=0, help_text="Accepted in the 14 days before the last update."
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_index=True, help_text="Domain time of the last recount."
                    ),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="network.branch",
                    ),
                ),
                (
                    "contractor",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scorecard",
                        to="network.contractor",
                    ),
                ),
            ],
            options={
                "ordering": ["contractor"],
            },
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("expired", "No answer"),
                            ("fixed", "Fixed"),
                            ("needs_another_visit", "Needs another visit"),
                            ("no_access", "No access"),
                            ("released_early", "Given back in good time"),
                            ("released_late", "Given back late"),
                            ("no_show", "No show"),
                            ("on_time", "On time"),
                            ("late", "Late"),
                            ("rating", "Customer rating"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "due_to",
                    models.CharField(
                        choices=[
                            ("contractor", "Contractor"),
                            ("customer", "Customer"),
                            ("parts", "Parts"),
                            ("dispatcher", "Dispatcher"),
                            ("system", "System"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "value",
                    models.FloatField(
                        blank=True,
                        help_text="Minutes until the answer, or a rating from 1 to 5.",
                        null=True,
                    ),
                ),
                ("source_ref", models.UUIDField(help_text="Public id of the offer or booking.")),
                ("job_ref", models.UUIDField()),
                ("at", models.DateTimeField(help_text="Domain time.")),
                (
                    "folded",
                    models.BooleanField(
                        default=False, help_text="Already counted in the scorecard."
                    ),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.branch",
                    ),
                ),
                (
                    "contractor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="network.contractor",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.technician",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
                "indexes": [
                    models.Index(fields=["contractor", "at"], name="ranking_outcome_by_contractor"),
                    models.Index(
                        models.F("id"),
                        condition=models.Q(("folded", False)),
                        name="ranking_outcome_not_folded",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source_ref", "kind"), name="ranking_outcome_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "accepted",
                                    "declined",
                                    "expired",
                                    "fixed",
                                    "needs_another_visit",
                                    "no_access",
                                    "released_early",
                                    "released_late",
                                    "no_show",
                                    "on_time",
                                    "late",
                                    "rating",
                                ],
                            )
                        ),
                        name="ranking_outcome_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "due_to__in",
                                ["contractor", "customer", "parts", "dispatcher", "system"],
                            )
                        ),
                        name="ranking_outcome_due_to_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "rating"),
                                ("value__gte", 1),
                                ("value__isnull", False),
                                ("value__lte", 5),
                            ),
                            models.Q(
                                models.Q(("kind", "rating"), _negated=True),
                                models.Q(
                                    ("value__isnull", True), ("value__gte", 0), _connector="OR"
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="ranking_outcome_value_in_range",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="rankingpolicy",
            constraint=models.UniqueConstraint(
                fields=("branch", "revision"), name="ranking_policy_revision_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="rankingpolicy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "published")),
                fields=("branch",),
                name="ranking_policy_one_live_per_branch",
            ),
        ),
        migrations.AddConstraint(
            model_name="rankingpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("published_at__isnull", True), ("status", "draft")),
                    models.Q(
                        ("published_at__isnull", False), ("status__in", ["published", "superseded"])
                    ),
                    _connector="OR",
                ),
                name="ranking_policy_published_at_matches_status",
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["branch", "made_at"], name="ranking_decision_by_time"),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.UniqueConstraint(
                fields=("job_ref", "round_number"), name="ranking_decision_one_per_round"
            ),
        ),
    ]
