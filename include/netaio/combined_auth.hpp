#pragma once

#include <netaio/plugins.hpp>
#include <vector>

namespace netaio {

/// One auth plugin of several, all of which a message must satisfy: `all_of({stamps, secret})`.
/// They are asked in this order, and the first that refuses decides and is what the sender is told
/// of; so the cheapest goes first. Each adds its fields, whose names must differ, but for nonce and
/// timestamp. What any vouches for counts. Throws std::invalid_argument for none, or null.
std::shared_ptr<const AuthPlugin> all_of(std::vector<std::shared_ptr<const AuthPlugin>> plugins);

/// One auth plugin of several, each of which is enough: `any_of({secret, script})`. They are asked
/// in this order until one accepts; where none does, the sender is told of the first that knows
/// more than that it fails (as Errc::stale and unpaid). A message is made by the one that vouched
/// for its receiver, else by the first that can. The names of secrets must differ among them, so
/// give them by HmacOptions::secrets: that of HmacOptions::secret is always `default`.
/// A message that one has accepted before is refused, whatever the others say. Stamps belong into
/// all_of(): a HashcashAuth that asks for nothing, as of answers, accepts everything. Throws
/// std::invalid_argument for none, or null.
std::shared_ptr<const AuthPlugin> any_of(std::vector<std::shared_ptr<const AuthPlugin>> plugins);

}  // namespace netaio
