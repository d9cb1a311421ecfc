"""Which kinds of work a contractor has the skills for."""

from __future__ import annotations

from django.db import connection

# One person must have all of a kind's skills, each at its level. A kind without skills is nobody's.
_KINDS = """
SELECT s.id
  FROM network_servicetype s
  JOIN network_contractor c ON c.branch_id = s.branch_id
 WHERE c.id = %(contractor)s
   AND EXISTS (SELECT FROM network_servicetypeskill n WHERE n.service_type_id = s.id)
   AND NOT EXISTS (SELECT FROM network_serviceleftout o
                    WHERE o.service_type_id = s.id AND o.contractor_id = c.id)
   AND EXISTS (SELECT FROM network_technician t
                WHERE t.contractor_id = c.id AND t.active
                  AND NOT EXISTS (SELECT FROM network_servicetypeskill n
                                   WHERE n.service_type_id = s.id
                                     AND NOT EXISTS (SELECT FROM network_technicianskill h
                                                      WHERE h.technician_id = t.id
                                                        AND h.skill_id = n.skill_id
                                                        AND h.level >= n.min_level)))
 ORDER BY s.id
"""


def kinds_of_work_of(contractor_id: int) -> list[int]:
    """Ids of the service types that one of the contractor's people has all skills for.

    Those the contractor has left out are not among them. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, {"contractor": contractor_id})
        return [row[0] for row in cursor.fetchall()]
