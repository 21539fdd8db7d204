"""Shapes of requests that every API has."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A request body: unknown members are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class EmptyBody(Body):
    """An empty object."""


class LoginBody(Body):
    """The token that the page trades for a cookie."""

    token: str = Field(min_length=1, max_length=500)
