#include <netaio/started.hpp>

namespace netaio {

void Started::tell(detail::Completion<std::uint16_t> done) const {
    if (begin_) {
        begin_(std::move(done));
    } else {
        done.post(executor_, *this, port_);
    }
}

}  // namespace netaio
