#pragma once

#include <netaio/blocking_client.hpp>

namespace netaio::test {

/// What a request fails with.
inline std::error_code why_not(BlockingClient& client, ByteView uri,
                               const RequestOptions& options = {}) {
    std::error_code error;
    client.request(uri, options, error);
    return error;
}
inline std::error_code why_not(BlockingClient& client, ByteView uri, std::string_view content,
                               const RequestOptions& options = {}) {
    std::error_code error;
    client.request(uri, content, options, error);
    return error;
}

}  // namespace netaio::test
