#include "waiting.hpp"

#include <stdexcept>
#include <string>

namespace netaio::core {

void require_time(std::chrono::milliseconds time, std::string_view option) {
    if (time.count() <= 0) {
        throw std::invalid_argument(std::string(option) +
                                    " must be above zero; say netaio::never for no bound in time");
    }
}

}  // namespace netaio::core
