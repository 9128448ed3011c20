# Becomes a container as a kubelet would start it, in a mount and PID namespace of its own (unshare --mount --pid):
# sh pod.sh <empty folder> <folder with /app> <uid> <program...>
set -eu
root=$1 app=$2 uid=$3
shift 3
mount --make-rprivate /
mount -t tmpfs -o mode=755 pod "$root"
for path in usr lib lib64 bin sbin etc sys dev; do
  [ -e "/$path" ] || continue
  mkdir "$root/$path"
  mount --rbind "/$path" "$root/$path"
done
for path in "$app"/*; do
  name=$(basename "$path")
  if [ -d "$path" ]; then
    mkdir -p "$root/app/$name"
  else
    mkdir -p "$root/app"
    : > "$root/app/$name"
  fi
  mount --bind "$(readlink -f "$path")" "$root/app/$name"
done
mkdir "$root/proc" "$root/tmp"
mount -t proc proc "$root/proc"
# Nothing can be written, not even /tmp. The devices stay as they are.
awk -v root="$root" '$5 ~ "^" root && $5 !~ "^" root "/(dev|proc)" { print length($5), $5 }' /proc/self/mountinfo |
  sort -rn | while read -r _ mounted; do mount -o remount,bind,ro "$mounted"; done
cd "$root"
# Without capabilities, and with no way to get any. The program is the first process, as in a container.
exec chroot "$root" /bin/sh -c 'cd /app && exec setpriv --reuid "$0" --regid 0 --clear-groups --no-new-privs \
  --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"' "$uid" "$@"
