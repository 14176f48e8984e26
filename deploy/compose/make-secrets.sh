#!/bin/sh
# Makes the secrets of distributed.yml once, as root: the passwords belong to the image's user (10001) alone.
set -eu
cd "$(dirname "$0")"
if [ -e secrets ]; then
  echo "deploy/compose/secrets is there already; nothing was changed." >&2
  exit 1
fi
umask 077
draft="secrets.$$"
mkdir "$draft"
random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
for name in installation_secret nats_password redis_password postgres_password; do
  random > "$draft/$name"
done

cat > "$draft/nats_configuration" <<END
port: 4222
http: "127.0.0.1:8222"
max_payload: 8388608
jetstream { store_dir: "/data" }
authorization { user: "sluice", password: "$(cat "$draft/nats_password")" }
END
cat > "$draft/redis_configuration" <<END
bind 0.0.0.0
port 6379
dir /data
requirepass "$(cat "$draft/redis_password")"
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
END

# Redis runs as a user of its own and has to read its file; the folder keeps everybody else on this machine out.
chmod 644 "$draft/redis_configuration" "$draft/nats_configuration"
for name in installation_secret nats_password redis_password postgres_password; do
  chown 10001:10001 "$draft/$name"
done
mv "$draft" secrets
