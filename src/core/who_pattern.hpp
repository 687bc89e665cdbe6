#pragma once

#include <netaio/identity.hpp>
#include <string>

namespace netaio::core {

/// One of the patterns by which rules and handlers say whose messages they mean. Without a colon it
/// is about names of secrets alone: peers and plugins' own kinds choose theirs themselves.
class WhoPattern {
public:
    /// Throws std::invalid_argument for an empty one, or a group.
    explicit WhoPattern(std::string text);

    bool matches(const Identities& who) const noexcept;
    /// The same of one identity, for a pattern that is about such.
    bool matches(const Identity& one) const noexcept;
    /// Whether it stands for a single name, so that equality is all there is to match.
    bool is_literal() const noexcept { return kind_ == Kind::named && literal_; }
    bool has_kind() const noexcept { return has_kind_; }
    bool is_about_names() const noexcept { return kind_ == Kind::named; }
    const std::string& text() const noexcept { return text_; }

private:
    enum class Kind { everybody, somebody, nobody, named };

    std::string text_;
    Kind kind_;
    bool has_kind_;
    bool literal_;
};

/// Whether a text is of this form: `*` stands for any bytes, also none, and `?` for one.
bool matches_glob(std::string_view glob, std::string_view text) noexcept;
/// The same of a text with a colon between its two parts.
bool matches_glob(std::string_view glob, std::string_view before, std::string_view after) noexcept;

}  // namespace netaio::core
