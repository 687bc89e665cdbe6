#include <algorithm>
#include <netaio/identity.hpp>

namespace netaio {

Identities::Identities(Identity one) : Identities(std::vector<Identity>{std::move(one)}) {}

Identities::Identities(std::initializer_list<Identity> all)
    : Identities(std::vector<Identity>(all)) {}

Identities::Identities(std::vector<Identity> all)
    : list_(all.empty() ? nullptr : new List(std::move(all))) {}

bool Identities::contains(const Identity& one) const noexcept {
    return std::find(begin(), end(), one) != end();
}

std::optional<std::string_view> Identities::name(std::string_view kind) const noexcept {
    const auto* found =
        std::find_if(begin(), end(), [&](const Identity& one) { return one.kind == kind; });
    return found == end() ? std::nullopt : std::optional<std::string_view>(found->name);
}

std::string Identities::str() const {
    std::string all;
    for (const Identity& one : *this) {
        all += (all.empty() ? "" : ", ") + one.str();
    }
    return all.empty() ? "nobody" : all;
}

void Identities::add(const Identities& more) {
    if (empty() || more.empty()) {
        *this = empty() ? more : *this;
        return;
    }
    std::vector<Identity> all(begin(), end());
    for (const Identity& one : more) {
        if (!contains(one)) {
            all.push_back(one);
        }
    }
    if (all.size() > size()) {
        *this = Identities(std::move(all));
    }
}

bool operator==(const Identities& a, const Identities& b) noexcept {
    return a.same_as(b) || std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace netaio
