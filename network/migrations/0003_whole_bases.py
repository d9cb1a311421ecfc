from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0002_whose_skills"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="technician",
            name="network_technician_base_is_whole",
        ),
        migrations.AddConstraint(
            model_name="technician",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("base_latitude__isnull", True), ("base_longitude__isnull", True)),
                    models.Q(
                        ("base_latitude__isnull", False),
                        ("base_latitude__range", (-90, 90)),
                        ("base_longitude__isnull", False),
                        ("base_longitude__range", (-180, 180)),
                    ),
                    _connector="OR",
                ),
                name="network_technician_base_is_whole",
            ),
        ),
    ]
