from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import network.clock
import network.ids
import network.models.branch
import network.models.user

# Domain time. network.clock replaces the body when a demo or a simulation asks for a faster clock.
APP_NOW = """
CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql VOLATILE
AS $clock$ SELECT clock_timestamp() $clock$;
"""

# The branch that stands beside a technician, an entry or a cell is the one of its parent: a
# composite key says so, and is the only foreign key there, since these rows are written in bulk.
SAME_BRANCH = """
ALTER TABLE network_technician
    ADD CONSTRAINT network_technician_contractor_of_the_same_branch
    FOREIGN KEY (contractor_id, branch_id) REFERENCES network_contractor (id, branch_id);
ALTER TABLE network_calendarentry
    ADD CONSTRAINT network_calendarentry_technician_of_the_same_branch
    FOREIGN KEY (technician_id, branch_id) REFERENCES network_technician (id, branch_id);
ALTER TABLE network_territory
    ADD CONSTRAINT network_territory_contractor_of_the_same_branch
    FOREIGN KEY (contractor_id, branch_id) REFERENCES network_contractor (id, branch_id);
ALTER TABLE network_territorycell
    ADD CONSTRAINT network_territorycell_as_its_territory
    FOREIGN KEY (territory_id, contractor_id, branch_id)
    REFERENCES network_territory (id, contractor_id, branch_id);
"""

WHOLE_PERIOD = """
ALTER TABLE network_calendarentry
    ADD CONSTRAINT network_calendarentry_period_is_bounded CHECK (
        NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period)
        AND NOT lower_inf(period) AND NOT upper_inf(period)
        AND isfinite(lower(period)) AND isfinite(upper(period))
    );
"""

THE_ONE_CLOCK = "INSERT INTO network_domainclock (id, scale, is_scaled) VALUES (1, 1, false);"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(APP_NOW, "DROP FUNCTION app_now();"),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now,  # noqa: TID251
                        verbose_name="date joined",
                    ),
                ),
                (
                    "email",
                    network.models.user.LowercaseEmailField(
                        error_messages={
                            "unique": "There is already a user with this e-mail address."
                        },
                        max_length=254,
                        unique=True,
                        verbose_name="e-mail address",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=150)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "ordering": ["email"],
            },
            managers=[
                ("objects", network.models.user.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Branch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "time_zone",
                    models.CharField(
                        default="America/New_York",
                        max_length=64,
                        validators=[network.models.branch.validate_time_zone],
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default="USD",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Z]{3}\\Z", "As in USD.")
                        ],
                    ),
                ),
                (
                    "distance_unit",
                    models.CharField(
                        choices=[("mi", "miles"), ("km", "kilometres")], default="mi", max_length=2
                    ),
                ),
                (
                    "reference_prefix",
                    models.CharField(
                        help_text="Begins every job reference: BOS gives BOS-000123.",
                        max_length=8,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z0-9]{1,8}\\Z", "Capital letters and digits only."
                            )
                        ],
                    ),
                ),
                ("latitude", models.FloatField()),
                ("longitude", models.FloatField()),
                (
                    "service_radius_km",
                    models.FloatField(
                        default=60,
                        help_text="A site further from the centre is outside the branch.",
                    ),
                ),
                (
                    "is_sample",
                    models.BooleanField(
                        default=False, help_text="Made-up data for looking around."
                    ),
                ),
                (
                    "is_simulated",
                    models.BooleanField(default=False, help_text="Made by a simulation."),
                ),
            ],
            options={
                "verbose_name_plural": "branches",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))
                        ),
                        name="network_branch_is_on_the_globe",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("service_radius_km__gt", 0)),
                        name="network_branch_radius_is_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                        name="network_branch_currency_is_three_capitals",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BranchStaff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("dispatcher", "dispatcher"), ("admin", "admin")],
                        default="dispatcher",
                        max_length=12,
                    ),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staff",
                        to="network.branch",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="branch_roles",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "branch staff",
            },
        ),
        migrations.CreateModel(
            name="Client",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                (
                    "not_to_exceed",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Upper limit for one job in the branch's currency; empty: the service type's.",
                        max_digits=10,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.01"))],
                    ),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clients",
                        to="network.branch",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Contractor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(default=network.ids.uuid7, editable=False, unique=True),
                ),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=32)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("applicant", "applicant"),
                            ("active", "active"),
                            ("paused", "paused"),
                            ("suspended", "suspended"),
                            ("left", "left"),
                        ],
                        default="applicant",
                        max_length=10,
                    ),
                ),
                (
                    "cleared_until",
                    models.DateField(
                        blank=True,
                        help_text="Papers are in order through the end of this day. Empty: not cleared for work.",
                        null=True,
                    ),
                ),
                ("base_latitude", models.FloatField()),
                ("base_longitude", models.FloatField()),
                (
                    "tier",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "preferred"), (2, "standard"), (3, "backup")], default=2
                    ),
                ),
                (
                    "call_out_fee",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "hourly_rate",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "contact_from",
                    models.TimeField(
                        blank=True,
                        help_text="May be asked from, local time. Empty: at any hour.",
                        null=True,
                    ),
                ),
                ("contact_until", models.TimeField(blank=True, null=True)),
                ("joined_on", models.DateField()),
                (
                    "is_simulated",
                    models.BooleanField(default=False, help_text="Invented, not a real firm."),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contractors",
                        to="network.branch",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="ClientContractor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "relation",
                    models.CharField(
                        choices=[("blocked", "blocked"), ("preferred", "preferred")], max_length=10
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contractor_links",
                        to="network.client",
                    ),
                ),
                (
                    "contractor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="client_links",
                        to="network.contractor",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DomainClock",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("scale", models.FloatField(default=1.0)),
                ("is_scaled", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="network_domainclock_is_one_row"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scale__gt", 0)),
                        name="network_domainclock_scale_is_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                (
                    "trade",
                    models.SlugField(
                        help_text="The trade it belongs to, as in plumbing.", max_length=40
                    ),
                ),
                (
                    "usual_duration_minutes",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(1440),
                        ]
                    ),
                ),
                (
                    "default_priority",
                    models.CharField(
                        choices=[
                            ("emergency", "emergency"),
                            ("urgent", "urgent"),
                            ("standard", "standard"),
                            ("low", "low"),
                        ],
                        default="standard",
                        max_length=10,
                    ),
                ),
                (
                    "not_to_exceed",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Usual upper limit for one job, in the branch's currency.",
                        max_digits=10,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.01"))],
                    ),
                ),
                ("active", models.BooleanField(default=True, help_text="Offered for new jobs.")),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_types",
                        to="network.branch",
                    ),
                ),
            ],
            options={
                "ordering": ["trade", "name"],
            },
        ),
        migrations.CreateModel(
            name="Skill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="skills",
                        to="network.branch",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ServiceTypeSkill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "min_level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "1 basic"), (2, "2 skilled"), (3, "3 expert")], default=1
                    ),
                ),
                (
                    "service_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="required_skills",
                        to="network.servicetype",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="required_by",
                        to="network.skill",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="servicetype",
            name="skills",
            field=models.ManyToManyField(
                related_name="+", through="network.ServiceTypeSkill", to="network.skill"
            ),
        ),
        migrations.CreateModel(
            name="Technician",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(default=network.ids.uuid7, editable=False, unique=True),
                ),
                ("name", models.CharField(max_length=120)),
                ("active", models.BooleanField(default=True)),
                (
                    "base_latitude",
                    models.FloatField(
                        blank=True,
                        help_text="Where the day begins. Empty: at the contractor's base.",
                        null=True,
                    ),
                ),
                ("base_longitude", models.FloatField(blank=True, null=True)),
                (
                    "branch",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="technicians",
                        to="network.branch",
                    ),
                ),
                (
                    "contractor",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="technicians",
                        to="network.contractor",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="ContractorUser",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "contractor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="user_links",
                        to="network.contractor",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contractor_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: acts for the whole firm.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="user_links",
                        to="network.technician",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CalendarEntry",
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
                            ("hold", "hold"),
                            ("booking", "booking"),
                            ("time_off", "time off"),
                        ],
                        max_length=8,
                    ),
                ),
                ("period", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("latitude", models.FloatField(blank=True, null=True)),
                ("longitude", models.FloatField(blank=True, null=True)),
                ("source_ref", models.UUIDField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=network.clock.AppNow(), editable=False),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.branch",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calendar_entries",
                        to="network.technician",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "calendar entries",
            },
        ),
        migrations.CreateModel(
            name="TechnicianSkill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "1 basic"), (2, "2 skilled"), (3, "3 expert")], default=2
                    ),
                ),
                ("certificate_number", models.CharField(blank=True, max_length=60)),
                (
                    "expires_on",
                    models.DateField(
                        blank=True,
                        help_text="The skill counts through the end of this day.",
                        null=True,
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="technician_skills",
                        to="network.skill",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="skills",
                        to="network.technician",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Territory",
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
                        choices=[("radius", "radius around a point")],
                        default="radius",
                        max_length=10,
                    ),
                ),
                ("latitude", models.FloatField()),
                ("longitude", models.FloatField()),
                (
                    "radius_km",
                    models.FloatField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(200),
                        ]
                    ),
                ),
                (
                    "branch",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="network.branch",
                    ),
                ),
                (
                    "contractor",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="territory",
                        to="network.contractor",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "territories",
            },
        ),
        migrations.CreateModel(
            name="TerritoryCell",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "territory_id",
                        "cell",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("cell", models.BigIntegerField()),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="network.contractor",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cells",
                        to="network.territory",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WorkingHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ]
                    ),
                ),
                ("starts", models.TimeField()),
                ("ends", models.TimeField()),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="working_hours",
                        to="network.technician",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "working hours",
                "ordering": ["technician", "weekday", "starts"],
            },
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="network_user_email_is_lower_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="branchstaff",
            constraint=models.UniqueConstraint(
                fields=("user", "branch"), name="network_branchstaff_once_per_branch"
            ),
        ),
        migrations.AddConstraint(
            model_name="branchstaff",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["dispatcher", "admin"])),
                name="network_branchstaff_role_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.UniqueConstraint(
                fields=("branch", "slug"), name="network_client_slug_once_per_branch"
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("not_to_exceed__isnull", True), ("not_to_exceed__gt", 0), _connector="OR"
                ),
                name="network_client_limit_is_positive",
            ),
        ),
        migrations.AddIndex(
            model_name="contractor",
            index=models.Index(fields=["branch", "status"], name="network_contractor_status"),
        ),
        migrations.AddConstraint(
            model_name="contractor",
            constraint=models.UniqueConstraint(
                fields=("id", "branch"), name="network_contractor_id_with_branch"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["applicant", "active", "paused", "suspended", "left"])
                ),
                name="network_contractor_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("base_latitude__range", (-90, 90)), ("base_longitude__range", (-180, 180))
                ),
                name="network_contractor_base_is_on_the_globe",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractor",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__range", (1, 3))), name="network_contractor_tier_1_to_3"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractor",
            constraint=models.CheckConstraint(
                condition=models.Q(("call_out_fee__gte", 0), ("hourly_rate__gte", 0)),
                name="network_contractor_rates_are_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("contact_from__isnull", True), ("contact_until__isnull", True)),
                    models.Q(
                        ("contact_from__isnull", False),
                        ("contact_until__isnull", False),
                        models.Q(("contact_from", models.F("contact_until")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="network_contractor_contact_hours_are_both_or_none",
                violation_error_message="Give both contact hours, and different ones, or leave both empty.",
            ),
        ),
        migrations.AddConstraint(
            model_name="clientcontractor",
            constraint=models.UniqueConstraint(
                fields=("client", "contractor"), name="network_clientcontractor_once_per_pair"
            ),
        ),
        migrations.AddConstraint(
            model_name="clientcontractor",
            constraint=models.CheckConstraint(
                condition=models.Q(("relation__in", ["blocked", "preferred"])),
                name="network_clientcontractor_relation_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="skill",
            constraint=models.UniqueConstraint(
                fields=("branch", "slug"), name="network_skill_slug_once_per_branch"
            ),
        ),
        migrations.AddConstraint(
            model_name="servicetypeskill",
            constraint=models.UniqueConstraint(
                fields=("service_type", "skill"), name="network_servicetypeskill_once_per_pair"
            ),
        ),
        migrations.AddConstraint(
            model_name="servicetypeskill",
            constraint=models.CheckConstraint(
                condition=models.Q(("min_level__range", (1, 3))),
                name="network_servicetypeskill_level_1_to_3",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicetype",
            constraint=models.UniqueConstraint(
                fields=("branch", "slug"), name="network_servicetype_slug_once_per_branch"
            ),
        ),
        migrations.AddConstraint(
            model_name="servicetype",
            constraint=models.CheckConstraint(
                condition=models.Q(("usual_duration_minutes__range", (5, 1440))),
                name="network_servicetype_duration_5_minutes_to_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicetype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("not_to_exceed__isnull", True), ("not_to_exceed__gt", 0), _connector="OR"
                ),
                name="network_servicetype_limit_is_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicetype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("default_priority__in", ["emergency", "urgent", "standard", "low"])
                ),
                name="network_servicetype_priority_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="technician",
            constraint=models.UniqueConstraint(
                fields=("id", "branch"), name="network_technician_id_with_branch"
            ),
        ),
        migrations.AddConstraint(
            model_name="technician",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("base_latitude__isnull", True), ("base_longitude__isnull", True)),
                    models.Q(
                        ("base_latitude__range", (-90, 90)), ("base_longitude__range", (-180, 180))
                    ),
                    _connector="OR",
                ),
                name="network_technician_base_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractoruser",
            constraint=models.UniqueConstraint(
                fields=("user", "contractor"), name="network_contractoruser_once_per_pair"
            ),
        ),
        migrations.AddIndex(
            model_name="calendarentry",
            index=models.Index(
                models.F("technician"),
                models.Func(
                    models.F("period"), function="upper", output_field=models.DateTimeField()
                ),
                name="network_calendarentry_upcoming",
            ),
        ),
        migrations.AddConstraint(
            model_name="calendarentry",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        models.Func(
                            models.F("technician"),
                            models.F("technician"),
                            django.contrib.postgres.fields.ranges.RangeBoundary(
                                inclusive_lower=True, inclusive_upper=True
                            ),
                            function="int8range",
                            output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                        ),
                        "&&",
                    ),
                    ("period", "&&"),
                ],
                name="calendar_entries_never_overlap",
                violation_error_message="This time is already taken.",
            ),
        ),
        migrations.AddConstraint(
            model_name="calendarentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_ref__isnull", False)),
                fields=("source_ref",),
                name="network_calendarentry_once_per_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="calendarentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["hold", "booking"]),
                        ("latitude__isnull", False),
                        ("longitude__isnull", False),
                        ("source_ref__isnull", False),
                    ),
                    models.Q(
                        ("kind", "time_off"),
                        ("latitude__isnull", True),
                        ("longitude__isnull", True),
                        ("source_ref__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="network_calendarentry_kind_fits_its_fields",
                violation_error_message="A hold or booking has a place and a source; time off has neither.",
            ),
        ),
        migrations.AddIndex(
            model_name="technicianskill",
            index=models.Index(
                fields=["skill", "level"],
                include=("technician", "expires_on"),
                name="network_technicianskill_who",
            ),
        ),
        migrations.AddConstraint(
            model_name="technicianskill",
            constraint=models.UniqueConstraint(
                fields=("technician", "skill"),
                include=("level", "expires_on"),
                name="network_technicianskill_once_per_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="technicianskill",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__range", (1, 3))),
                name="network_technicianskill_level_1_to_3",
            ),
        ),
        migrations.AddConstraint(
            model_name="territory",
            constraint=models.UniqueConstraint(
                fields=("id", "contractor", "branch"), name="network_territory_id_with_parents"
            ),
        ),
        migrations.AddConstraint(
            model_name="territory",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["radius"])), name="network_territory_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="territory",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))
                ),
                name="network_territory_centre_is_on_the_globe",
            ),
        ),
        migrations.AddConstraint(
            model_name="territory",
            constraint=models.CheckConstraint(
                condition=models.Q(("radius_km__range", (1, 200))),
                name="network_territory_radius_1_to_200_km",
            ),
        ),
        migrations.AddIndex(
            model_name="territorycell",
            index=models.Index(
                fields=["branch", "cell"],
                include=("contractor",),
                name="network_territorycell_lookup",
            ),
        ),
        migrations.AddConstraint(
            model_name="workinghours",
            constraint=models.UniqueConstraint(
                fields=("technician", "weekday", "starts"),
                name="network_workinghours_once_per_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="workinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekday__range", (0, 6))),
                name="network_workinghours_weekday_monday_is_0",
            ),
        ),
        migrations.RunSQL([SAME_BRANCH, WHOLE_PERIOD, THE_ONE_CLOCK], migrations.RunSQL.noop),
    ]
