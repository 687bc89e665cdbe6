#include <algorithm>
#include <netaio/combined_auth.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

namespace netaio {
namespace {

using Parts = std::vector<std::shared_ptr<const AuthPlugin>>;

// What one of the parts waits for.
class PartsWork final : public PluginWork {
public:
    PartsWork(std::size_t which, std::shared_ptr<PluginWork> work)
        : part(which), inner(std::move(work)) {}

    void start(std::function<void()> done) override { inner->start(std::move(done)); }
    void cancel() noexcept override { inner->cancel(); }

    const std::size_t part;
    const std::shared_ptr<PluginWork> inner;
};

// Where make() goes on, and what came of the work it left.
struct Resumed {
    explicit Resumed(const PluginContext& context)
        : work(context.work ? std::dynamic_pointer_cast<PartsWork>(*context.work) : nullptr) {
        if (work) {
            context.work->reset();
        }
    }

    std::shared_ptr<PartsWork> work;
};

class CombinedAuth : public AuthPlugin {
public:
    CombinedAuth(Parts parts, const char* name) : parts_(std::move(parts)) {
        if (parts_.empty() || std::ranges::count(parts_, nullptr) > 0) {
            throw std::invalid_argument(std::string(name) +
                                        "() needs plugins: give it at least one, and none null");
        }
    }

    bool retry(ByteView content, const PluginContext& context) const override {
        bool worth_it = false;
        for (const auto& part : parts_) {
            worth_it = (part->may_retry() && part->retry(content, context)) || worth_it;
        }
        return worth_it;
    }
    bool may_retry() const noexcept override {
        return std::ranges::any_of(parts_, [](const auto& part) { return part->may_retry(); });
    }
    bool is_peer_specific() const noexcept override {
        return std::ranges::any_of(parts_,
                                   [](const auto& part) { return part->is_peer_specific(); });
    }
    bool vouches_for(const Identities& who) const noexcept override {
        return std::ranges::any_of(parts_,
                                   [&](const auto& part) { return part->vouches_for(who); });
    }

protected:
    // Has one part make its fields, with a place of its own for what it waits for.
    std::error_code make_part(std::size_t which, const std::shared_ptr<PartsWork>& resumed,
                              AuthFields& fields, ByteView body,
                              const PluginContext& context) const {
        std::shared_ptr<PluginWork> work =
            resumed && resumed->part == which ? resumed->inner : nullptr;
        PluginContext own = context;
        own.work = context.work ? &work : nullptr;
        const auto error = parts_[which]->make(fields, body, own);
        if (error == Errc::pending && work) {
            *context.work = std::make_shared<PartsWork>(which, std::move(work));
        }
        return error;
    }

    bool check_part(std::size_t which, const AuthFields& fields, ByteView body,
                    const PluginContext& context, Verdict& verdict) const {
        PluginContext own = context;
        own.verdict = &verdict;
        const bool passes = parts_[which]->check(fields, body, own);
        if (verdict.forgot && context.verdict) {
            context.verdict->forgot = true;
        }
        return passes;
    }

    // Says that a message passes only as it may be of any age.
    static void pass_aged(const Verdict& verdict, const PluginContext& context) {
        if (context.verdict) {
            context.verdict->aged = true;
            context.verdict->why = verdict.why;
            context.verdict->says = verdict.says;
        }
    }

    // Passes on why that one refused, and whose it is if it is a copy.
    bool refuse(std::size_t which, const Verdict& verdict, const PluginContext& context) const {
        if (!context.verdict) {
            return false;
        }
        if (verdict.copy) {
            context.verdict->copy = true;
            context.vouch(verdict.who);
        }
        const OwnedMessage error = parts_[which]->error();
        return context.refuse(verdict.why,
                              verdict.says.empty() ? error.content() : ByteView(verdict.says));
    }

    const Parts parts_;
};

class AllOf final : public CombinedAuth {
public:
    explicit AllOf(Parts parts) : CombinedAuth(std::move(parts), "all_of") {
        Parts rest;
        for (const auto& part : parts_) {
            if (const AuthPlugin* const left = part->within_session()) {
                rest.emplace_back(part, left);
            }
        }
        if (!rest.empty() && rest != parts_) {
            within_session_ = std::make_shared<const AllOf>(std::move(rest));
        }
        leaves_out_ = within_session_ || rest.empty();
    }

    const AuthPlugin* within_session() const noexcept override {
        return leaves_out_ ? within_session_.get() : this;
    }

    void add_session_secrets(const Identities* whose, SessionSecrets& to) const override {
        for (const auto& part : parts_) {
            part->add_session_secrets(whose, to);
        }
    }

    std::error_code make(AuthFields& fields, ByteView body,
                         const PluginContext& context) const override {
        const Resumed resumed(context);
        for (std::size_t i = resumed.work ? resumed.work->part : 0; i < parts_.size(); ++i) {
            if (const auto error = make_part(i, resumed.work, fields, body, context)) {
                return error;
            }
        }
        return {};
    }

    bool check(const AuthFields& fields, ByteView body,
               const PluginContext& context) const override {
        Identities who;
        // A copy is authentic only when those behind the part that says so find it so, too.
        std::optional<std::pair<std::size_t, Verdict>> copy;
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            Verdict verdict;
            if (!check_part(i, fields, body, context, verdict)) {
                if (!verdict.copy) {
                    return refuse(i, verdict, context);
                }
                copy.emplace(i, verdict);
            }
            if (verdict.aged) {
                pass_aged(verdict, context);
            }
            who.add(verdict.who);
        }
        if (copy) {
            copy->second.who = who;
            return refuse(copy->first, copy->second, context);
        }
        context.vouch(who);
        return true;
    }

private:
    bool leaves_out_;
    std::shared_ptr<const AllOf> within_session_;
};

class AnyOf final : public CombinedAuth {
public:
    explicit AnyOf(Parts parts) : CombinedAuth(std::move(parts), "any_of") {}

    std::error_code make(AuthFields& fields, ByteView body,
                         const PluginContext& context) const override {
        const Resumed resumed(context);
        if (resumed.work) {
            return make_part(resumed.work->part, resumed.work, fields, body, context);
        }
        const std::size_t known = part_of(context.who);
        std::error_code first;
        const auto makes = [&](std::size_t which, std::error_code& error) {
            error = make_part(which, nullptr, fields, body, context);
            first = first ? first : error;
            return !error || error == Errc::pending;
        };
        std::error_code error;
        if (known < parts_.size() && makes(known, error)) {
            return error;
        }
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            if (i != known && makes(i, error)) {
                return error;
            }
        }
        return first;
    }

    bool check(const AuthFields& fields, ByteView body,
               const PluginContext& context) const override {
        std::optional<std::pair<std::size_t, Verdict>> telling;
        std::optional<Verdict> aged;
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            Verdict verdict;
            if (check_part(i, fields, body, context, verdict)) {
                if (verdict.aged) {
                    aged = aged ? std::move(aged) : std::optional(std::move(verdict));
                    continue;
                }
                context.vouch(verdict.who);
                return true;
            }
            const bool authentic = verdict.why == Errc::replayed;
            if (authentic || (!telling && verdict.why != Errc::auth_failed)) {
                telling.emplace(i, std::move(verdict));
            }
            if (authentic) {
                break;  // the others must not take it for a message that is new to them
            }
        }
        if (aged) {
            pass_aged(*aged, context);
            context.vouch(aged->who);
            return true;
        }
        return telling && refuse(telling->first, telling->second, context);
    }

    const AuthPlugin* within_session() const noexcept override {
        const bool none = std::ranges::none_of(
            parts_, [](const auto& part) { return part->within_session() != nullptr; });
        return none ? nullptr : this;
    }
    void add_session_secrets(const Identities* whose, SessionSecrets& to) const override {
        const std::size_t known = part_of(whose);
        if (!within_session()) {
            parts_[known < parts_.size() ? known : 0]->add_session_secrets(whose, to);
        }
    }

    bool is_peer_specific() const noexcept override {
        return parts_.size() > 1 || CombinedAuth::is_peer_specific();
    }

private:
    // parts_.size() where none vouched for them.
    std::size_t part_of(const Identities* who) const noexcept {
        const auto found = std::ranges::find_if(
            parts_, [&](const auto& part) { return who && part->vouches_for(*who); });
        return static_cast<std::size_t>(found - parts_.begin());
    }
};

}  // namespace

std::shared_ptr<const AuthPlugin> all_of(std::vector<std::shared_ptr<const AuthPlugin>> plugins) {
    return std::make_shared<const AllOf>(std::move(plugins));
}

std::shared_ptr<const AuthPlugin> any_of(std::vector<std::shared_ptr<const AuthPlugin>> plugins) {
    return std::make_shared<const AnyOf>(std::move(plugins));
}

}  // namespace netaio
