"""Every route there is; tests/web/test_routes.py lists them again and fails on one it does not know."""

from __future__ import annotations

from django.urls import path

from tocsin.web import views

urlpatterns = [
    path("", views.floor, name="floor"),
    path("campaigns/<str:campaign_id>", views.campaign, name="campaign"),
    path("reports", views.reports, name="reports"),
    path("reports/<str:name>", views.report, name="report"),
    path("certificates", views.certificates, name="certificates"),
    path("style.css", views.style, name="style"),
]
handler404 = views.missing
handler500 = views.failed
