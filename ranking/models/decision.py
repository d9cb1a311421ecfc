"""The log of ranking decisions: who could have been asked, with which facts, in which order."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ranking.fields import RealField
from ranking.querysets import DecisionQuerySet


class Decision(models.Model):
    """The outcome of ranking one round of one job; written once, never changed (trigger).

    Everything per candidate stands in rank order: ``contractor_ids[0]`` gets the first call.
    ``facts`` is an n × len(fact_names) matrix of little-endian 4-byte floats, row by row, where
    NaN means unknown. All facts are kept, also those of criteria without a weight, so that other
    weights can be tried on old decisions.
    """

    branch = models.ForeignKey(
        "network.Branch", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    job_ref = models.UUIDField(help_text="The job's public id; opaque to ranking.")
    round_number = models.PositiveIntegerField()
    policy = models.ForeignKey(
        "ranking.RankingPolicy", on_delete=models.PROTECT, related_name="decisions"
    )
    made_at = models.DateTimeField(help_text="Domain time.")
    criteria = ArrayField(
        models.CharField(max_length=40), help_text="Keys with a weight, in display order."
    )
    contractor_ids = ArrayField(models.BigIntegerField())
    technician_ids = ArrayField(models.BigIntegerField())
    fact_names = ArrayField(models.CharField(max_length=40))
    facts = models.BinaryField()
    scores = ArrayField(RealField(), help_text="0 to 100, best first.")
    context = models.JSONField(help_text="Limit, currency, distance unit, branch means.")
    not_eligible = models.JSONField(
        default=dict, help_text="Rule → how many contractors it left out."
    )

    service_type = models.ForeignKey(
        "network.ServiceType",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    client = models.ForeignKey(
        "network.Client", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    asset = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text="The place or machine, spelt as compared.",
    )
    # Whom a rule of the policy left out, with the same facts: other rules may let them in.
    left_out_ids = ArrayField(models.BigIntegerField(), null=True)
    left_out_technician_ids = ArrayField(models.BigIntegerField(), null=True)
    left_out_rules = ArrayField(
        models.SmallIntegerField(), null=True, help_text="Number of the rule, from 0."
    )
    left_out_facts = models.BinaryField(null=True)
    weights = models.JSONField(
        null=True, help_text="What it was ranked with, if not the policy's own weights and rules."
    )
    fallback = models.CharField(
        max_length=400,
        blank=True,
        db_default="",
        help_text="Why the policy in force could not be used; empty when it was.",
    )

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["job_ref", "round_number"], name="ranking_decision_one_per_round"
            ),
        ]
        indexes = [
            models.Index(fields=["branch", "made_at"], name="ranking_decision_by_time"),
            models.Index(
                fields=["branch", "asset"],
                condition=~models.Q(asset=""),
                name="ranking_decision_by_asset",
            ),
        ]

    def __str__(self) -> str:
        return f"Decision for {self.job_ref}, round {self.round_number}"
