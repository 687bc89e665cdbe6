#pragma once

#include <functional>
#include <map>
#include <netaio/tapescript/tools.hpp>
#include <string>

#include "vectors.hpp"

/// The makers of tapescript by the names that the cases use.
namespace netaio::vectors {

/// The arguments of a `maker` or `amhl` case: by position, or by name.
class Arguments {
public:
    explicit Arguments(const Json& one);

    /// Null when not given, or given as none.
    const Json* find(std::size_t index, std::string_view name) const;
    const Json& at(std::size_t index, std::string_view name) const;

    std::string bytes(std::size_t index, std::string_view name) const;
    /// Empty when not given.
    std::string bytes_or_empty(std::size_t index, std::string_view name) const;
    std::int64_t integer(std::size_t index, std::string_view name, std::int64_t otherwise) const;
    bool boolean(std::size_t index, std::string_view name, bool otherwise) const;
    std::uint8_t sigflags(std::size_t index) const;
    tapescript::PublicKey key(std::size_t index, std::string_view name) const;
    tapescript::SigningKey signing_key(std::size_t index, std::string_view name) const;
    tapescript::Script script(std::size_t index, std::string_view name) const;
    tapescript::SigFields fields(std::size_t index) const;
    /// `sigflags` and `sign_script_prefix`, the latter after the former.
    tapescript::SignOptions signing(std::size_t sigflags_index) const;
    std::int64_t now() const { return now_; }

private:
    Json args_;
    Json kwargs_;
    std::int64_t now_;
};

/// The bytes of a tagged value that has some: bytes, script, cert.
std::string raw(const Json& tagged);

/// Results, tagged as the cases have them.
Json tagged_bytes(std::string_view bytes);
Json tagged(const tapescript::Script& script);
Json tagged_list(std::string_view type, std::vector<Json> items);

using Maker = std::function<Json(const Arguments&)>;
/// All makers there are.
const std::map<std::string, Maker, std::less<>>& makers();

}  // namespace netaio::vectors
