"""Which other jobs are of the same customer: who has no account is known by phone or e-mail."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

MOST = 200
"""So many of a customer's jobs are looked at, the newest: a landlord may have thousands."""

# The last ten digits of a phone number, however it is written, or the e-mail address. The two
# expressions are those of the indexes job_by_customer_phone and job_by_customer_email.
_SAME_CUSTOMER = """
SELECT public_id FROM (
  SELECT other.id, other.public_id
    FROM jobs_job me JOIN jobs_job other
      ON other.branch_id = me.branch_id AND other.customer_phone <> ''
     AND right(regexp_replace(other.customer_phone, '[^0-9]', '', 'g'), 10)
       = right(regexp_replace(me.customer_phone, '[^0-9]', '', 'g'), 10)
   WHERE me.id = %(job)s AND length(regexp_replace(me.customer_phone, '[^0-9]', '', 'g')) >= 7
   UNION
  SELECT other.id, other.public_id
    FROM jobs_job me JOIN jobs_job other
      ON other.branch_id = me.branch_id AND other.customer_email <> ''
     AND lower(other.customer_email) = lower(me.customer_email)
   WHERE me.id = %(job)s AND me.customer_email <> ''
) AS same WHERE id <> %(job)s ORDER BY id DESC LIMIT %(most)s
"""


def other_jobs_of_customer(*, job_id: int) -> list[UUID]:
    """Public ids of the branch's other jobs of this job's customer, newest first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_SAME_CUSTOMER, {"job": job_id, "most": MOST})
        return [row[0] for row in cursor.fetchall()]
