#!/usr/bin/env bash
# The tour ends well by itself, leaves nothing behind even when it is interrupted, and fails when a
# step does.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
tour=$(dirname "${BASH_SOURCE[0]}")/../../scripts/tour
mkdir left
export TMPDIR=$folder/left NETAIO_TOOL=$tool

leaves_nothing() { [[ -z $(ls left) ]] || fail "the tour left something behind $1"; }

"$tour" >out 2>err || fail "the tour failed"
leaves_nothing "after its end"
for command in serve create request subscribe update publish delete keygen ping node multicast status; do
    grep -qF "\$ netaio $command" out || fail "the tour does not show $command"
done
for text in "--peer-key" "--known-peers" "has another key" "Rejected was"; do
    grep -qF -- "$text" out || fail "the tour does not speak of $text"
done
# Whatever ... stands for is said before it is used.
[[ $(grep -c "^Below, ... stands for" out) == 3 ]] || fail "the tour does not say what ... stands for"
grep -q $'\e' out && fail "colours, but no terminal"

# Once it has begun, at whatever step it is.
for signal in INT TERM; do
    mkfifo "said-$signal"
    env --default-signal=INT "$tour" >"said-$signal" 2>err &
    touring=$!
    started+=("$touring")
    exec {says}<"said-$signal"
    while read -r -t 60 line <&"$says" && [[ $line != *"listening on"* ]]; do :; done
    kill "-$signal" "$touring"
    cat <&"$says" >/dev/null
    wait "$touring" && fail "an interrupted tour ended as if it were done"
    exec {says}<&-
    leaves_nothing "after SIG$signal"
done

cat >broken <<'END'
#!/usr/bin/env bash
[[ $1 != update ]] || exit 1
exec "$REAL_TOOL" "$@"
END
chmod +x broken
REAL_TOOL=$tool NETAIO_TOOL=$folder/broken "$tour" >out 2>err && fail "a failing step does not end the tour"
grep -q "instead of 0" err || fail "the tour does not say what went wrong"
leaves_nothing "after a failure"
NETAIO_TOOL=$folder/missing "$tour" >out 2>err && fail "a tour without a tool"
exit 0
