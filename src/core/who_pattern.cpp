#include "who_pattern.hpp"

#include <algorithm>
#include <stdexcept>

#include "plugins/named_keys.hpp"

namespace netaio::core {
namespace {

// Two texts with a colon between, without joining them.
struct Joined {
    std::string_view before;
    std::string_view after;

    std::size_t size() const noexcept { return before.size() + 1 + after.size(); }
    char operator[](std::size_t at) const noexcept {
        return at < before.size()    ? before[at]
               : at == before.size() ? ':'
                                     : after[at - before.size() - 1];
    }
};

// Goes back to the last star alone, so it takes the product of both sizes at most.
template <class Text>
bool glob_matches(std::string_view glob, const Text& text) noexcept {
    std::size_t at = 0;
    std::size_t in_glob = 0;
    std::size_t star = std::string_view::npos;
    std::size_t tried = 0;
    while (at < text.size()) {
        if (in_glob < glob.size() && glob[in_glob] == '*') {
            star = in_glob++;
            tried = at;
        } else if (in_glob < glob.size() && (glob[in_glob] == '?' || glob[in_glob] == text[at])) {
            ++in_glob;
            ++at;
        } else if (star != std::string_view::npos) {
            in_glob = star + 1;
            at = ++tried;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*', in_glob) == std::string_view::npos;
}

}  // namespace

bool matches_glob(std::string_view glob, std::string_view text) noexcept {
    return glob_matches(glob, text);
}

bool matches_glob(std::string_view glob, std::string_view before, std::string_view after) noexcept {
    return glob_matches(glob, Joined{before, after});
}

WhoPattern::WhoPattern(std::string text)
    : text_(std::move(text)),
      kind_(text_ == "*" || text_ == "everybody" ? Kind::everybody
            : text_ == "somebody"                ? Kind::somebody
            : text_ == "nobody"                  ? Kind::nobody
                                                 : Kind::named),
      has_kind_(text_.find(':') != std::string::npos),
      literal_(text_.find_first_of("*?") == std::string::npos) {
    if (text_.empty()) {
        throw std::invalid_argument(
            "an empty pattern matches nobody: name somebody, as 'hmac:alice', or 'nobody' for "
            "those without an identity");
    }
    if (text_.front() == '@') {
        throw std::invalid_argument("'" + text_ +
                                    "' is a group, of which only rules know; write its patterns");
    }
}

bool WhoPattern::matches(const Identity& one) const noexcept {
    return has_kind_ ? matches_glob(text_, one.kind, one.name)
                     : one.kind == plugins::secret_kind && matches_glob(text_, one.name);
}

bool WhoPattern::matches(const Identities& who) const noexcept {
    switch (kind_) {
        case Kind::everybody: return true;
        case Kind::somebody: return !who.empty();
        case Kind::nobody: return who.empty();
        case Kind::named:
            return std::any_of(who.begin(), who.end(),
                               [this](const Identity& one) { return matches(one); });
    }
    return false;
}

}  // namespace netaio::core
