#include "operations.hpp"
#include "run.hpp"

namespace netaio::tapescript::machine {
namespace {

bool pop_constraint(Machine& m, std::string_view operation, Integer& constraint) {
    std::string_view item;
    if (!m.pop(item)) return false;
    if (item.empty()) {
        return m.fail(std::string(operation) + " malformed constraint encountered");
    }
    constraint = to_unsigned(item);
    return true;
}

}  // namespace

bool check_timestamp(Machine& m) {
    Integer constraint;
    if (!pop_constraint(m, "OP_CHECK_TIMESTAMP", constraint)) return false;
    const Value* value = m.named("timestamp");
    if (!value) return m.fail("OP_CHECK_TIMESTAMP cache missing timestamp");
    const Integer* timestamp = value->integer();
    if (!timestamp) return m.fail("OP_CHECK_TIMESTAMP malformed cache timestamp");
    const Integer* threshold = m.flags().ts_threshold.integer();
    if (!threshold) return m.fail("OP_CHECK_TIMESTAMP malformed ts_threshold flag");

    const Integer ahead = *timestamp - m.now();
    const bool in_future = *threshold > 0 && ahead >= *threshold;
    return m.push_bool(*timestamp >= constraint && !in_future);
}

bool check_timestamp_verify(Machine& m) {
    return check_timestamp(m) && verify(m);
}

bool check_epoch(Machine& m) {
    Integer constraint;
    if (!pop_constraint(m, "OP_CHECK_EPOCH", constraint)) return false;
    const Integer* threshold = m.flags().epoch_threshold.integer();
    if (!threshold || *threshold < 0) {
        return m.fail("OP_CHECK_EPOCH malformed epoch_threshold flag");
    }
    return m.push_bool(constraint - m.now() < *threshold);
}

bool check_epoch_verify(Machine& m) {
    return check_epoch(m) && verify(m);
}

}  // namespace netaio::tapescript::machine
