#include <netaio/hashcash_auth.hpp>
#include <netaio/make.hpp>
#include <netaio/never.hpp>
#include <stdexcept>

#include "../crypto/leading_zeros.hpp"
#include "freshness.hpp"
#include "hashcash_price.hpp"
#include "hashcash_search.hpp"

namespace netaio {
namespace {

HashcashOptions validated_hashcash(HashcashOptions options) {
    if (options.realm.empty()) {
        throw std::invalid_argument(
            "HashcashOptions::realm is empty: name whom stamps are made for, or one would pay "
            "everywhere");
    }
    if (options.field.empty()) {
        throw std::invalid_argument("HashcashOptions::field is empty: leave it at its default");
    }
    for (const unsigned bits :
         {options.bits, options.pay, options.bits_max, options.busy.bits_max}) {
        if (bits > HashcashAuth::bits_limit) {
            throw std::invalid_argument(
                "a price in HashcashOptions is above HashcashAuth::bits_limit, which nobody can "
                "pay");
        }
    }
    if (options.busy.step == 0 || options.busy.step > HashcashAuth::bits_limit) {
        throw std::invalid_argument(
            "HashcashBusy::step must be from 1 to HashcashAuth::bits_limit: leave it at its "
            "default");
    }
    if (!(options.busy.rate >= 0) || !(options.busy.cpu >= 0)) {
        throw std::invalid_argument("a limit of HashcashBusy is below zero: 0 stands for none");
    }
    if (options.threads == 0) {
        throw std::invalid_argument("HashcashOptions::threads is zero: stamps need one at least");
    }
    if (options.time_limit.count() <= 0) {
        throw std::invalid_argument(
            "HashcashOptions::time_limit must be above zero; `never` is for as long as it takes");
    }
    if (options.max_age == never) {
        throw std::invalid_argument(
            "HashcashOptions::max_age must not be never: stamps are remembered for that long");
    }
    return options;
}

std::chrono::steady_clock::time_point deadline_after(std::chrono::milliseconds limit,
                                                     const Clock& clock) {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365 * 100);
    return limit >= longest ? std::chrono::steady_clock::time_point::max()
                            : clock.steady_now() + limit;
}

}  // namespace

struct HashcashAuth::State {
    explicit State(const HashcashOptions& options)
        : freshness(options.bits > 0 ? options.max_age : never, options.seen, "hashcash",
                    options.field, "HashcashOptions"),
          realm(options.realm),
          asked(options.bits, options.busy),
          threads(std::make_shared<plugins::StampThreads>(options.threads)) {}

    const plugins::Freshness freshness;
    const plugins::ShortDigest realm;
    plugins::AskedPrice asked;
    plugins::ToldPrices told;
    std::shared_ptr<plugins::StampThreads> threads;
};

HashcashAuth::HashcashAuth(HashcashOptions options)
    : options_(validated_hashcash(std::move(options))), state_(std::make_unique<State>(options_)) {}

HashcashAuth::~HashcashAuth() {
    state_->threads->stop();
}

std::error_code HashcashAuth::make(AuthFields& fields, ByteView encoded_body,
                                   const PluginContext& context) const {
    if (context.answer || options_.pay == 0) return {};
    const Environment& environment = context.environment;
    if (!context.work) {
        environment.log(LogLevel::warning,
                        "hashcash: a message that cannot wait for its stamp is not sent");
        return Errc::auth_not_possible;
    }
    const auto search = std::dynamic_pointer_cast<plugins::StampSearch>(*context.work);
    if (search && search->is_of(*state_->threads)) {
        const auto stamp = search->result();
        if (!stamp) return stamp.error();
        fields.set(options_.field, plugins::view(*stamp));
        return {};
    }
    unsigned bits = options_.pay;
    if (context.remote) {
        bits = std::max(bits, state_->told.at(*context.remote, environment.clock->steady_now()));
    }
    plugins::StampNonce nonce;
    environment.random->fill(nonce);
    *context.work = std::make_shared<plugins::StampSearch>(
        state_->threads,
        plugins::StampOrder{
            .stamp = plugins::unpaid_stamp(state_->realm, environment.clock->unix_seconds(), nonce,
                                           encoded_body),
            .bits = bits,
            .deadline = deadline_after(options_.time_limit, *environment.clock),
            .environment = environment,
            .on_progress = options_.on_progress});
    return Errc::pending;
}

bool HashcashAuth::check(const AuthFields& fields, ByteView encoded_body,
                         const PluginContext& context) const {
    if (context.answer || options_.bits == 0) return true;
    // What costs least first: who pays nothing shall cost nothing.
    const auto stamp = plugins::ReceivedStamp::read(fields.bytes(options_.field));
    if (!stamp || !stamp->is_for(state_->realm)) return context.refuse(Errc::unpaid);
    const crypto::Digest digest = stamp->digest();
    const unsigned paid = crypto::leading_zero_bits(digest.view());
    if (paid < options_.bits) return context.refuse(Errc::unpaid);
    // Looked for before the body is read and kept after: a stamp stays good when somebody else puts
    // it on another body.
    const plugins::Freshness& freshness = state_->freshness;
    if (!freshness.may_accept(digest, stamp->timestamp(), context)) return false;
    if (!stamp->is_of(encoded_body)) return context.refuse(Errc::unpaid);
    PluginContext once = context;
    once.any_age = false;
    if (!freshness.accept(digest, stamp->timestamp(), {}, once)) return false;
    const unsigned price = state_->asked.at(context.environment);
    if (paid < price) return context.refuse(Errc::unpaid, plugins::price_text(price));
    state_->asked.count_paid();
    return true;
}

OwnedMessage HashcashAuth::error() const {
    return netaio::error("hashcash auth failed");
}

bool HashcashAuth::retry(ByteView content, const PluginContext& context) const {
    const auto bits = plugins::read_price(content);
    if (!bits || options_.pay == 0 || !context.remote || *bits <= options_.pay ||
        *bits > options_.bits_max) {
        return false;
    }
    state_->told.remember(*context.remote, *bits, context.environment.clock->steady_now());
    return true;
}

unsigned HashcashAuth::price() const noexcept {
    return state_->asked.bits();
}

std::shared_ptr<const AuthPlugin> hashcash_auth(HashcashOptions options) {
    return std::make_shared<const HashcashAuth>(std::move(options));
}

}  // namespace netaio
