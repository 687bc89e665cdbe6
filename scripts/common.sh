# What the scripts share. Source it; it needs bash.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$(basename "$0"): $*"
    exit 1
}

# The clang presets need the tools that setup installs with --dev.
setup_for() {
    case $1 in
        asan | tsan | tidy) "$root/scripts/setup" --dev ;;
        *) "$root/scripts/setup" ;;
    esac
}

core_count() { nproc 2>/dev/null || echo 2; }
