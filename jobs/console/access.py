"""Who may open which branch's pages.

Nobody signed in: the sign-in page. An account without any branch: 403. A branch that is not
there or not the user's: 404, and the two are never told apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from jobs.actors import Actor
from jobs.models import Job
from network.context import SESSION_BRANCH
from network.models import Branch, User


class BranchRequest(HttpRequest):
    """A request whose user works in ``branch`` (for type checkers; set by ``branch_page``)."""

    branch: Branch
    user: User
    htmx: Any


def branch_page(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Let staff of the branch in, as ``request.branch``; the view takes no ``branch`` argument.

    The answers are private and differ for htmx, so nothing of them is kept by a cache.
    """

    @login_required
    @wraps(view)
    def guarded(request: BranchRequest, branch: str, **kwargs: Any) -> HttpResponseBase:
        request.branch = branch_of(request.user, branch)
        response = view(request, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        add_never_cache_headers(response)
        return response

    return guarded


def branch_of(user: User, slug: str) -> Branch:
    """The branch, if the user works in it. Raises Http404 or PermissionDenied."""
    mine = Branch.objects.for_user(user)
    branch = mine.filter(slug=slug).first()
    if branch is not None:
        return branch
    if not user.is_superuser and not mine.exists():
        raise PermissionDenied("These pages are for dispatchers. Your account has no branch.")
    raise Http404("There is no such branch.")


def find_job(request: BranchRequest, key: str) -> Job:
    """The job of this branch by its public id or its reference. Raises Http404."""
    jobs = Job.objects.filter(branch=request.branch).select_related("service_type", "client")
    try:
        found = jobs.filter(public_id=UUID(key)).first()
    except ValueError:
        found = jobs.filter(reference=key.replace("\0", "")).first()
    if found is None:
        raise Http404("There is no such job in this branch.")
    found.branch = request.branch
    return found


def staff_actor(request: BranchRequest) -> Actor:
    """The dispatcher, as the author of what happens next."""
    return Actor.staff(request.user)


def _home_branch(request: HttpRequest) -> Branch:
    """The branch the user looked at last, else the first of theirs. Raises PermissionDenied."""
    assert request.user.is_authenticated  # the caller saw to it
    mine = list(Branch.objects.for_user(request.user).order_by("name"))
    if not mine:
        raise PermissionDenied("These pages are for dispatchers. Your account has no branch.")
    kept = request.session.get(SESSION_BRANCH)
    return next((branch for branch in mine if branch.pk == kept), mine[0])


def entry(name: str) -> Callable[[HttpRequest], HttpResponse]:
    """An address without a branch in it: leads to the page ``name`` of the user's own branch."""

    @require_safe
    @login_required
    def enter(request: HttpRequest) -> HttpResponse:
        return redirect(f"console:{name}", branch=_home_branch(request).slug)

    return enter


@require_POST
@login_required
def choose_branch(request: HttpRequest) -> HttpResponse:
    """Work in another of one's branches from now on."""
    assert request.user.is_authenticated
    branch = branch_of(request.user, request.POST.get("branch", ""))
    request.session[SESSION_BRANCH] = branch.pk
    return redirect("console:branch_board", branch=branch.slug)
