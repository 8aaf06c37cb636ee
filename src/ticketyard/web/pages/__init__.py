"""Server-rendered screens, one file per screen."""

from fastapi import APIRouter

from ticketyard.web.pages import reference

ROUTERS: list[APIRouter] = [reference.router]
