#!/usr/bin/env bash
# Output that cannot be written, to a full disk, a pipe that has ended or nowhere at all, never ends a
# command with 0.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
netaio=$tool
tapescript=${TAPESCRIPT_TOOL:?is to name the built tapescript tool}

mkfifo pipe
# lost TOOL ARGUMENT...: its output goes nowhere, and it says so.
lost() {
    local code
    for way in full closed ended; do
        code=0
        case $way in
            full) timeout 60 "$@" >/dev/full 2>err </dev/null || code=$? ;;
            closed) timeout 60 "$@" >&- 2>err </dev/null || code=$? ;;
            ended)
                # A pipe that nobody reads; SIGPIPE may well end the command. (To wait for a process
                # substitution that reads it no more, bash 5.2 sometimes waits for ever.)
                exec {reader}<>pipe {pipe}>pipe {reader}>&-
                timeout 60 "$@" >&"$pipe" 2>err </dev/null || code=$?
                exec {pipe}>&-
                ;;
        esac
        [[ $code != 0 ]] || fail "'${*:2}' ended with 0 though its output was lost ($way)"
        [[ $code == 141 || $code == 1 ]] || fail "'${*:2}' ended with $code ($way)"
        [[ $code == 141 ]] || err_has "cannot write"
    done
}

serve --store :memory:
at=(--server "$address")
expect 0 create here content "${at[@]}"
lost "$netaio" request here "${at[@]}"
lost "$netaio" request here --json "${at[@]}"
lost "$netaio" update here other "${at[@]}"
lost "$netaio" ping --count 1 "${at[@]}"
lost "$netaio" bench --duration 0.01 "${at[@]}"
lost "$netaio" interfaces
lost "$netaio" interfaces --json
lost "$netaio" --help
lost "$netaio" request --help
lost "$netaio" --version
lost "$netaio" serve --listen 127.0.0.1:0 --store :memory:
lost "$netaio" node --interface lo --ipv4-only --port 0 --for 50
lost "$netaio" node --interface lo --ipv4-only --port 0 --for 50 --json
lost "$netaio" send 127.0.0.1:9 uri --json
expect 1 request here -o /dev/full "${at[@]}"
err_has "cannot write '/dev/full'"

expect 0 keygen k
lost "$netaio" keygen --show k
printf 'push d1\n~sf1 x\nshow\nhelp\nquit\n' >statements
lost "$tapescript" run src:true
lost "$tapescript" run src:true --json
lost "$tapescript" auth src:true
lost "$tapescript" compile src:true
lost "$tapescript" compile src:nonsense --json
lost "$tapescript" decompile hex:01
lost "$tapescript" key k
lost "$tapescript" lock single-sig --public "$(printf '3b%.0s' {1..32})" --json
lost "$tapescript" --help
for statement in 'push d1' show help '~ts' '~sf1 x'; do
    "$tapescript" repl <<<"$statement" >/dev/full 2>err && fail "the repl lost its output: $statement"
done

# What is closed at the start is not taken by a file or socket, which output would then go to.
"$netaio" serve --listen 127.0.0.1:0 --store closed.db >&- <&- 2>err
grep -q "listening" closed.db 2>/dev/null && fail "said where it listens into the store"
"$netaio" request here "${at[@]}" <&- >out 2>&- || fail "needs a standard input or error"
out_is other

# A key that was half written is in nobody's way.
mv k seed
: >seed.new
cp seed before
expect 0 keygen --force seed
cmp -s seed before && fail "did not replace the key"
[[ ! -s seed.new ]] || fail "took over another's file"
[[ $(echo seed*) == "seed seed.new" ]] || fail "left something behind: $(echo seed*)"
mkdir full
expect 1 keygen --force full
[[ $(echo full*) == full ]] || fail "left something behind: $(echo full*)"

# Objects are JSON whatever is in them.
"$tapescript" compile src:$'push \xff' --json >out 2>err
python3 -c 'import json, sys; json.loads(sys.stdin.buffer.read().decode())' <out || fail "that is no JSON"
