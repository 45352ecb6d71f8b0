#include "mosaic/manager/arrivals.h"

#include <cmath>

namespace mosaic::manager {

std::optional<Nanoseconds> Requests::next() {
  const std::size_t number = count_++;
  switch (arrivals_->kind) {
    case Arrivals::Kind::kClients:
      return std::nullopt;
    case Arrivals::Kind::kPeriodic:
      return from_ + arrivals_->period * static_cast<std::int64_t>(number);
    case Arrivals::Kind::kTrace:
      if (number >= arrivals_->instants.size()) return std::nullopt;
      return from_ + arrivals_->instants[number];
    case Arrivals::Kind::kPoisson:
      last_ += Nanoseconds(std::llround(-std::log1p(-random_.uniform()) * static_cast<double>(arrivals_->period.count())));
      return from_ + last_;
  }
  return std::nullopt;
}

}  // namespace mosaic::manager
