"""Synthetic EventBridge events of 1-2 KB from several sources, nested, with arrays of objects.

Out: one event a line, as compact JSON in UTF-8. The sources: ``aws.ec2`` (instance state changes),
``aws.s3`` (object created), ``aws.iam`` (API calls via CloudTrail), ``aws.health`` and ``shop`` (orders).
With ``context`` each event also tells of the request that caused it, as producers that pass on headers and a trace do:
these have about 2 KB.
Times are fixed: they run from `FIRST_TIME`, a few seconds apart, so the bytes do not depend on the day they
are made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.generators import vocabulary as words
from bench.generators.draw import Draw

DEFAULT_SEED = 1
DEFAULT_COUNT = 50_000
FIRST_TIME = datetime(2026, 11, 16, 8, 0, 0, tzinfo=UTC)

_DESCRIPTION = (
    "One or more {service} resources in {region} need attention. They will be moved to healthy hardware in "
    "the maintenance window. No action is needed when the resource is part of a group that replaces it; "
    "otherwise stop and start it beforehand."
)

Event = dict[str, Any]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def eventbridge(count: int = DEFAULT_COUNT, seed: int = DEFAULT_SEED, *, context: bool = False) -> Iterator[bytes]:
    """``count`` events of all sources, one line each, without line ends."""
    draw = Draw(seed)
    seconds = 0
    for _ in range(count):
        seconds += draw.between(1, 9)
        event = envelope(draw, FIRST_TIME + timedelta(seconds=seconds))
        draw.pick(_SOURCES)(draw, event)
        if context:
            event["detail"]["request"] = _request(draw)
        yield _encode(event).encode()


def envelope(draw: Draw, time: datetime) -> Event:
    """What every event of the bus has, its detail still empty."""
    identifier = draw.hexadecimal(32)
    parts = (identifier[:8], identifier[8:12], identifier[12:16], identifier[16:20], identifier[20:])
    return {
        "version": "0",
        "id": "-".join(parts),
        "detail-type": "",
        "source": "",
        "account": words.account(draw),
        "time": time_text(time),
        "region": draw.pick_skewed(words.REGIONS),
        "resources": [],
        "detail": {},
    }


def _request(draw: Draw) -> Event:
    """The request behind an event, with its headers and the services it went through."""
    return {
        "id": draw.hexadecimal(32),
        "method": draw.pick(("GET", "POST", "PUT", "DELETE")),
        "path": f"/v2/{draw.pick(words.TEAMS)}/{draw.pick(words.FOLDERS)}/{draw.hexadecimal(12)}",
        "headers": {
            "host": f"{draw.pick(words.TEAMS)}.{draw.pick(words.MAIL_DOMAINS)}",
            "user-agent": draw.pick(words.USER_AGENTS),
            "accept": "application/json, text/plain;q=0.9, */*;q=0.1",
            "content-length": str(draw.below(100000)),
            "x-forwarded-for": f"{words.address(draw)}, {words.address(draw)}",
            "authorization": f"Bearer {draw.hexadecimal(48)}",
        },
        "trace": {
            "sampled": draw.chance(0.1),
            "spans": [
                {
                    "service": f"{draw.pick(words.TEAMS)}-{draw.pick(words.ENVIRONMENTS)}",
                    "span": draw.hexadecimal(16),
                    "milliseconds": draw.below(100000) / 100,
                    "retries": draw.below(3),
                }
                for _ in range(draw.between(2, 5))
            ],
        },
    }


def time_text(time: datetime) -> str:
    """As the bus writes times: ``2026-11-16T08:00:05Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _instance_state(draw: Draw, event: Event) -> None:
    instance = f"i-{draw.hexadecimal(17)}"
    interfaces = [
        {
            "id": f"eni-{draw.hexadecimal(17)}",
            "address": words.address(draw),
            "device": index,
            "public": draw.chance(0.3),
        }
        for index in range(draw.between(1, 4))
    ]
    event |= {
        "source": "aws.ec2",
        "detail-type": "EC2 Instance State-change Notification",
        "resources": [f"arn:aws:ec2:{event['region']}:{event['account']}:instance/{instance}"],
        "detail": {
            "instance-id": instance,
            "state": draw.pick(words.STATES),
            "instance-type": draw.pick_skewed(words.INSTANCE_TYPES),
            "cpu": {
                "cores": 2 ** draw.between(1, 6),
                "credits": draw.below(5760) / 10,
                "burst": draw.chance(0.5),
            },
            "network-interfaces": interfaces,
            "tags": _tags(draw),
            "launched-by": draw.pick(words.USERS),
            "previous-state": draw.pick((*words.STATES, None)),
            "spot-price": draw.pick((None, 0.0416, 0.085, 0.17)),
            "volumes": [_volume(draw, index) for index in range(draw.between(2, 5))],
        },
    }


def _volume(draw: Draw, index: int) -> Event:
    return {
        "id": f"vol-{draw.hexadecimal(17)}",
        "device": f"/dev/sd{chr(97 + index)}",
        "size-gib": 8 * draw.between(1, 64),
        "encrypted": draw.chance(0.8),
        "type": draw.pick(("gp3", "io2", "st1")),
    }


def _tags(draw: Draw) -> list[Event]:
    return [
        {"key": "team", "value": draw.pick(words.TEAMS)},
        {"key": "environment", "value": draw.pick(words.ENVIRONMENTS)},
        {"key": "cost-center", "value": str(draw.between(1000, 1099))},
    ]


def _object_created(draw: Draw, event: Event) -> None:
    bucket = draw.pick_skewed(words.BUCKETS)
    key = words.object_key(draw)
    event |= {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": key,
                "size": draw.below(1 << draw.between(6, 32)),
                "etag": draw.hexadecimal(32),
                "version-id": draw.pick((None, draw.hexadecimal(32))),
                "sequencer": draw.hexadecimal(18).upper(),
                "parts": [
                    {"number": index + 1, "size": 5_242_880, "checksum": draw.hexadecimal(40)}
                    for index in range(draw.between(1, 8))
                ],
            },
            "request-id": draw.hexadecimal(16).upper(),
            "requester": words.account(draw),
            "source-ip-address": words.address(draw),
            "reason": draw.pick(("PutObject", "CompleteMultipartUpload", "CopyObject")),
            "metadata": {
                "content.type": draw.pick(("text/csv", "image/jpeg", "application/json")),
                "owner": None,
            },
            "tags": _tags(draw),
        },
    }
    if draw.chance(0.2):
        event["detail"]["object"]["delete-after"] = time_text(FIRST_TIME + timedelta(days=draw.between(7, 90)))


def _api_call(draw: Draw, event: Event) -> None:
    is_root = draw.chance(0.15)
    user = "root" if is_root else draw.pick(words.USERS)
    failed = draw.chance(0.25)
    account = event["account"]
    event |= {
        "source": "aws.iam",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventVersion": "1.09",
            "userIdentity": {
                "type": "Root" if is_root else draw.pick(("IAMUser", "AssumedRole")),
                "principalId": f"AIDA{draw.hexadecimal(16).upper()}",
                "arn": f"arn:aws:iam::{account}:" + ("root" if is_root else f"user/{user}"),
                "accountId": account,
                "userName": user,
                "sessionContext": {
                    "attributes": {
                        "mfaAuthenticated": draw.pick(("true", "false")),
                        "creationDate": event["time"],
                    },
                    "sessionIssuer": {"type": "Role", "userName": f"{draw.pick(words.TEAMS)}-admin"},
                },
            },
            "eventTime": event["time"],
            "eventSource": "iam.amazonaws.com",
            "eventName": draw.pick(words.IAM_CALLS),
            "awsRegion": event["region"],
            "sourceIPAddress": words.address(draw),
            "userAgent": draw.pick(words.USER_AGENTS),
            "requestParameters": {
                "userName": draw.pick(words.USERS),
                "policyArn": f"arn:aws:iam::aws:policy/{draw.pick(words.POLICIES)}",
            },
            "responseElements": None,
            "requestID": draw.hexadecimal(32),
            "readOnly": draw.chance(0.4),
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account,
        },
    }
    if failed:
        event["detail"]["errorCode"] = draw.pick(words.ERROR_CODES)


def _health(draw: Draw, event: Event) -> None:
    service = draw.pick(words.HEALTH_SERVICES)
    code = f"AWS_{service}_{draw.pick(words.HEALTH_EVENTS)}"
    instances = [f"i-{draw.hexadecimal(17)}" for _ in range(draw.between(1, 6))]
    start = FIRST_TIME + timedelta(hours=draw.between(1, 400))
    event |= {
        "source": "aws.health",
        "detail-type": "AWS Health Event",
        "resources": instances,
        "detail": {
            "eventArn": f"arn:aws:health:{event['region']}::event/{service}/{code}/{draw.hexadecimal(24)}",
            "service": service,
            "eventTypeCode": code,
            "eventTypeCategory": draw.pick(("issue", "scheduledChange", "accountNotification")),
            "eventScopeCode": "ACCOUNT_SPECIFIC",
            "startTime": time_text(start),
            "endTime": draw.pick((None, time_text(start + timedelta(hours=6)))),
            "eventDescription": [
                {
                    "language": "en_US",
                    "latestDescription": _DESCRIPTION.format(service=service, region=event["region"]),
                }
            ],
            "affectedEntities": [
                {
                    "entityValue": instance,
                    "status": draw.pick(("IMPAIRED", "UNIMPAIRED", "Pending", "RESOLVED")),
                    "lastUpdated": event["time"],
                    "tags": {"team": draw.pick(words.TEAMS), "stage": draw.pick(words.ENVIRONMENTS)},
                }
                for instance in instances
            ],
        },
    }


def _order(draw: Draw, event: Event) -> None:
    items = [_order_item(draw) for _ in range(draw.between(2, 8))]
    cents = sum(item["cents"] * item["quantity"] for item in items)
    event |= {
        "source": draw.pick(("shop", "shop", "shop.b2b")),
        "detail-type": draw.pick(("Order Placed", "order placed", "Order Shipped", "Order Returned")),
        "detail": {
            "order-id": f"o-{draw.between(100000, 999999)}",
            "total": cents / 100,
            "currency": draw.pick(("EUR", "USD", "JPY")),
            "paid": draw.chance(0.8),
            "coupon": draw.pick((None, None, *words.COUPONS)),
            "customer": {
                "id": draw.between(1, 20000),
                "country": draw.pick(words.COUNTRIES),
                "city": draw.pick(words.CITIES),
                "email": f"{draw.pick(words.USERS)}@{draw.pick(words.MAIL_DOMAINS)}",
                "ip": words.address(draw),
                "loyalty": {"tier": draw.pick(("none", "silver", "gold")), "points": draw.below(10000)},
            },
            "items": items,
            "shipments": [_shipment(draw) for _ in range(draw.below(3))],
            "retries": draw.below(4),
            "notes": draw.pick(("", "leave at door", "call first", "Gift: 100% cotton \\ wrap")),
        },
    }
    if draw.chance(0.12):
        event["detail"]["fraud-score"] = draw.below(1000) / 1000


def _order_item(draw: Draw) -> Event:
    return {
        "sku": f"{draw.word(3)}-{draw.between(100, 999)}",
        "name": draw.pick(words.PRODUCTS),
        "category": draw.pick(words.CATEGORIES),
        "quantity": draw.between(1, 5),
        "cents": draw.between(2, 400) * 49,
        "in-stock": draw.chance(0.9),
    }


def _shipment(draw: Draw) -> Event:
    return {
        "carrier": draw.pick(words.CARRIERS),
        "tracking": draw.hexadecimal(16).upper(),
        "weight-kg": draw.between(1, 300) / 10,
        "parcels": [{"size": draw.pick("SML"), "fragile": draw.chance(0.2)} for _ in range(draw.between(1, 3))],
    }


_SOURCES: tuple[Callable[[Draw, Event], None], ...] = (
    _instance_state,
    _object_created,
    _api_call,
    _health,
    _order,
    _order,
)  # fmt: skip
