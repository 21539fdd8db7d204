"""What every part of the API has in common."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from codriver.web.problems import problem_responses


def make_blueprint(name: str, description: str) -> APIBlueprint:
    """A part of the API whose operations may answer 400, 401 or 403 and take the token."""
    return APIBlueprint(
        name,
        __name__,
        abp_tags=[Tag(name=name, description=description)],
        abp_responses=problem_responses(400, 401, 403),
        abp_security=[{"token": []}, {}],
    )
