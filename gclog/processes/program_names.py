"""Whose name it is: a program of Node, another program, or one that cannot be told from its name."""

from __future__ import annotations

import re

__all__ = ["is_node_name", "is_other_name"]

NODE_NAMES = frozenset(
    {
        "astro", "bun", "code-server", "corepack", "cypress", "deno", "directus", "electron", "esbuild-service", "eslint",
        "gatsby", "ghost", "grunt", "gulp", "jest", "kibana", "lerna", "mainthread", "mocha", "n8n", "nest", "next",
        "next-render-wor", "next-router-wor", "next-server", "ng", "nitro", "node", "node-mainthread", "nodejs", "nodemon",
        "npm", "npx", "nuxt", "nx", "playwright", "pm2", "pnpm", "pnpx", "react-scripts", "remix", "storybook", "strapi",
        "ts-node", "ts-node-dev", "tsc", "tsserver", "tsx", "turbo", "vite", "vitest", "webpack", "workerd", "yarn",
        "yarnpkg"
    }
)  # fmt: skip
"""What Linux calls a process of Node (the name of its main thread), and titles that its programs give themselves."""

OTHER_NAMES = frozenset(
    {
        "apache", "apache2", "awk", "beam.smp", "cache", "caddy", "cargo", "cassandra", "cc1", "cc1plus", "celery",
        "chrome", "chromium", "chromium-browse", "clamav", "clamd", "clang", "clickhouse", "clickhouse-server", "cmake",
        "consul", "containerd", "containerd-shim", "convert", "coredns", "couchdb", "cron", "crond", "database",
        "datadog-agent", "db", "dockerd", "dotnet", "elasticsearch", "elixir", "envoy", "erlang", "etcd", "ffmpeg",
        "ffprobe", "filebeat", "firefox", "fluent-bit", "fluentd", "freshclam", "g++", "gcc", "git", "gnome-shell", "go",
        "google-chrome", "gradle", "grafana", "grafana-server", "grep", "gs", "gunicorn", "gzip", "haproxy",
        "headless_shell", "httpd", "influxd", "influxdb", "jaeger", "java", "journald", "julia", "kafka", "keycloak",
        "kotlin", "kube-apiserver", "kube-proxy", "kubelet", "ld", "ld.lld", "libreoffice", "lld", "localstack", "loki",
        "lua", "luajit", "magick", "mailhog", "make", "mariadb", "mariadbd", "memcached", "minio", "mongo", "mongod",
        "mongodb", "mono", "mssql", "mysql", "mysqld", "nats", "nats-server", "neo4j", "nginx", "ninja", "node-exporter",
        "node_exporter", "opensearch", "oracle", "otelcol", "perl", "pgbouncer", "php", "php-fpm", "plasmashell",
        "postgres", "postgresql", "postmaster", "prometheus", "promtail", "proxy", "puma", "python", "python2", "python3",
        "r", "rabbitmq", "rails", "rclone", "redis", "redis-server", "rsync", "rsyslogd", "ruby", "runc", "rustc", "safari",
        "sed", "sidekiq", "slack", "snapd", "soffice", "soffice.bin", "spotify", "sqlserver", "sqlservr", "squid", "sshd",
        "steam", "stress", "stress-ng", "systemd", "systemd-journal", "systemd-udevd", "tar", "teams", "telegraf", "tomcat",
        "traefik", "unicorn", "uvicorn", "uwsgi", "valkey", "varnishd", "vault", "vector", "webkit", "wkhtmltopdf", "xorg",
        "xz", "zookeeper", "zstd"
    }
)  # fmt: skip
"""Programs that are not Node's, by the names of their processes, services and images."""


def is_node_name(name: str | None) -> bool:
    """Whether a process of this name, or a command, is Node's, or what starts it."""
    words = _words(name)
    return words[0] not in OTHER_NAMES and any(word in NODE_NAMES for word in words)


def is_other_name(name: str | None) -> bool:
    """Whether a process, service or unit of this name is another program than Node's."""
    return not is_node_name(name) and any(word in OTHER_NAMES for word in _words(name))


def _words(name: str | None) -> list[str]:
    """What of a name may be a program's: the whole, without path, number and kind of unit; the first and the last word of it.

    `shop-postgres-1`: postgres; `/usr/bin/node server.js`: node; `PM2 v5.3.0: God`: pm2; `next-server (v1`: next-server.
    """
    bare = (name or "").strip().lower().lstrip("(").rstrip(")")
    first = re.split(r"[ \t:(]", bare, maxsplit=1)[0].rsplit("/", 1)[-1]
    first = re.sub(r"\.(?:service|scope|slice)$", "", first)
    parts = [part for part in re.split(r"[-_]", first) if part and not part.isdigit()]
    return [first, re.sub(r"[-_]?\d+$", "", first), "-".join(parts), *parts[:1], *parts[-1:]]
