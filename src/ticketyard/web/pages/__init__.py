"""Server-rendered screens, one file per screen."""

from fastapi import APIRouter

ROUTERS: list[APIRouter] = []
