"""The words and addresses that synthetic EventBridge events are made of; rule generators draw on the same
lists.

Accounts, buckets and people are invented. Addresses come from the blocks reserved for documentation
(RFC 5737, RFC 3849) and for private use, so no real machine is named.
"""

from __future__ import annotations

from bench.generators.draw import Draw

ACCOUNTS = tuple(f"{(123456789012 + 79190104729 * index) % 10**12:012d}" for index in range(60))
REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-southeast-2", "sa-east-1")
STATES = ("running", "pending", "stopping", "stopped", "shutting-down", "terminated")
INSTANCE_TYPES = ("t3.micro", "t3.large", "m6i.xlarge", "c7g.2xlarge", "r6i.4xlarge", "g5.12xlarge")
TEAMS = ("payments", "search", "checkout", "data-platform", "mobile", "security", "growth", "warehouse")
ENVIRONMENTS = ("prod", "staging", "dev", "Prod", "PROD", "sandbox")
BUCKETS = tuple(
    f"{team}-{use}-{region}"
    for team in TEAMS
    for use in ("uploads", "exports", "logs", "backups", "invoices")
    for region in REGIONS[:4]
)
FOLDERS = (
    "incoming",
    "raw/2026/11",
    "reports/daily",
    "images/products",
    "tmp",
    "archive/2025",
    "invoices/eu",
)
FILE_STEMS = ("order", "invoice", "report", "photo", "Scan", "export", "summary", "draft*final", "backup")
FILE_ENDINGS = (".json", ".csv", ".parquet", ".jpg", ".JPG", ".png", ".pdf", ".PDF", ".tar.gz", ".bak")
USERS = (
    "alice",
    "bob",
    "carol",
    "dave",
    "erin",
    "frank",
    "grace",
    "heidi",
    "Ivan",
    "judy",
    "mallory",
    "svc-deploy",
)
USER_AGENTS = (
    "console.amazonaws.com",
    "aws-cli/2.19.1 Python/3.12.6",
    "Boto3/1.35.60",
    "Terraform/1.9.8",
    "Mozilla/5.0",
)
IAM_CALLS = (
    "GetUser",
    "ListRoles",
    "CreateUser",
    "AttachUserPolicy",
    "DeleteAccessKey",
    "CreateAccessKey",
    "PutRolePolicy",
    "ConsoleLogin",
    "UpdateLoginProfile",
    "DeleteRole",
    "AssumeRole",
)
POLICIES = ("ReadOnlyAccess", "AdministratorAccess")
ERROR_CODES = ("AccessDenied", "NoSuchEntity", "Throttling", "ValidationError")
HEALTH_SERVICES = ("EC2", "RDS", "EBS", "LAMBDA", "S3", "VPN")
HEALTH_EVENTS = (
    "INSTANCE_STOP_SCHEDULED",
    "OPERATIONAL_ISSUE",
    "PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED",
    "MAINTENANCE_SCHEDULED",
    "CERTIFICATE_EXPIRATION",
    "API_ISSUE",
)
PRODUCTS = (
    "kettle",
    "teapot",
    "Desk Lamp",
    "notebook",
    "fountain pen",
    "USB-C cable",
    "headphones",
    "Monitor Arm",
    "keyboard",
    "mouse",
    "mug",
    "poster",
    "Gift Card",
    "backpack",
    "bottle",
    "chair",
    "standing desk",
    "rug",
    "plant pot",
    "candle",
)
CATEGORIES = ("kitchen", "office", "electronics", "home", "gift")
COUNTRIES = ("DE", "FR", "US", "GB", "JP", "BR", "NL", "SE", "de", "us")
CITIES = ("Berlin", "Paris", "Seattle", "London", "大阪", "São Paulo", "Utrecht", "Malmö")
MAIL_DOMAINS = ("example.com", "EXAMPLE.com", "example.org")
COUPONS = ("WELCOME10", "welcome10", "Freeship", "SUMMER25", "VIP-GOLD", "vip-silver")
CARRIERS = ("DHL", "UPS", "PostNL", "Yamato", "dhl")


def account(draw: Draw) -> str:
    """A twelve-digit account number, the early ones far more often."""
    return draw.pick_skewed(ACCOUNTS)


def address(draw: Draw) -> str:
    """An IPv4 address (private, or of a documentation block), or for one in six an IPv6 address."""
    kind = draw.below(6)
    if kind == 0:
        return f"2001:db8:{draw.below(8):x}::{draw.bits(16):x}"
    if kind == 1:
        return f"203.0.113.{draw.below(256)}"
    if kind == 2:
        return f"198.51.100.{draw.below(256)}"
    if kind == 3:
        return f"192.168.{draw.below(256)}.{draw.below(256)}"
    return f"10.{draw.below(256)}.{draw.below(256)}.{draw.below(256)}"


def object_key(draw: Draw) -> str:
    """A path of an object in a bucket."""
    return f"{draw.pick(FOLDERS)}/{draw.pick(FILE_STEMS)}-{draw.hexadecimal(6)}{draw.pick(FILE_ENDINGS)}"
