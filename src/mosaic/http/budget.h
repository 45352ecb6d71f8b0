#pragma once

// Not installed: it serves the server alone.

#include <cstddef>

namespace mosaic::http {

/// Bytes that may be held at a time, by all together. Thread-compatible.
class Budget {
 public:
  explicit Budget(std::size_t size) : left_(size) {}

  /// What one of them holds. Gives it back when it goes. Thread-compatible, also with other shares of its budget.
  class Share {
   public:
    explicit Share(Budget& budget) : budget_(budget) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { budget_.left_ += size_; }

    /// Whether there is room for so many bytes; else nothing changes.
    [[nodiscard]] bool grow_to(std::size_t size) {
      if (size <= size_) return true;
      if (size - size_ > budget_.left_) return false;
      budget_.left_ -= size - size_;
      size_ = size;
      return true;
    }

   private:
    Budget& budget_;
    std::size_t size_ = 0;
  };

 private:
  std::size_t left_;
};

}  // namespace mosaic::http
