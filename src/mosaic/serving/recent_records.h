#pragma once

#include <cstddef>
#include <deque>

#include "mosaic/manager/outcome.h"

namespace mosaic {

/// What became of requests: of all, or of the last 100,000 where serving has no end. Thread-compatible.
class RecentRecords {
 public:
  explicit RecentRecords(bool endless) : endless_(endless) {}

  void add(const manager::Record& record) {
    energy_ += record.energy;
    records_.push_back(record);
    if (!endless_ || records_.size() <= kMost) return;
    records_.pop_front();
    ++forgotten_;
  }

  /// Their energy is that of all.
  void write_to(manager::Outcome& outcome) const {
    outcome.records.assign(records_.begin(), records_.end());
    outcome.forgotten = forgotten_;
    outcome.energy = energy_;
  }

 private:
  static constexpr std::size_t kMost = 100'000;

  bool endless_;
  std::deque<manager::Record> records_;
  std::size_t forgotten_ = 0;
  Joules energy_;
};

}  // namespace mosaic
