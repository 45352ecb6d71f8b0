#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/family/family.h"
#include "mosaic/manager/application.h"
#include "mosaic/manager/board_machine.h"
#include "mosaic/plan/plan.h"
#include "mosaic/runtime/executor.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

/// A family, opened on a board: all its variants compiled for all placements, in one process, ready to be run at once. Requests have the inputs of
/// the variant with the largest ones; others get theirs resized, which is part of their time. Thread-safe once opened.
class FamilyLevels {
 public:
  struct Options {
    std::filesystem::path family;
    std::string board;  ///< as `find_board` takes it
    std::function<void(std::string_view what, double share)> progress = {};
    std::stop_token stop = {};
  };

  /// Errors: those of `read_family`, of `Workspace::open` and of compiling, after the variant's name; kInvalidInput: variants whose outputs differ,
  /// or whose inputs differ in more than height and width.
  [[nodiscard]] static Result<std::unique_ptr<FamilyLevels>> open(const Options& options);

  [[nodiscard]] const Family& family() const { return family_; }
  [[nodiscard]] const Board& board() const { return variants_.front().workspace->board(); }
  [[nodiscard]] const manager::BoardMachine& machine() const { return machine_; }

  /// The graph whose inputs requests have.
  [[nodiscard]] const Graph& graph() const { return variants_[widest_].workspace->graph(); }

  /// Runs a request. The first core of its placement must be the calling thread's: pin it first. Errors: those of `Executor::run` and
  /// `resize_planes`; kInvalidInput where the placement cannot run the variant.
  [[nodiscard]] Result<RunReport> run(const manager::Operation& operation, const std::vector<const Tensor*>& inputs,
                                      std::vector<Tensor>& outputs) const;

  /// A variant whole on a placement's configuration.
  [[nodiscard]] Plan plan(const manager::Operation& operation) const;

  struct TableOptions {
    std::size_t runs = 15;         ///< of each variant on each placement, in turn; the median over all placements of a configuration counts
    Nanoseconds pause{5'000'000};  ///< before each on a real machine: requests come one by one, to caches and clocks that rested
    std::stop_token stop = {};
    std::function<void(std::string_view what, double share)> progress = {};
  };
  /// What a single request takes of each variant on each placement: measured; on a simulated board from its virtual clock. Energies: simulated, or
  /// modelled by the board file's powers, or as 1 W for each core that works (`energy_source` says which). Requires: runs > 0. Errors: those of
  /// `run`; kCancelled.
  [[nodiscard]] Result<manager::LevelTable> measure(const TableOptions& options) const;
  [[nodiscard]] std::string energy_source() const;

 private:
  struct Variant {
    std::unique_ptr<Workspace> workspace;
    std::vector<std::shared_ptr<Executor>> executors;  ///< by placement; null: cannot run there
    Bytes memory;
  };
  FamilyLevels() = default;
  [[nodiscard]] Result<void> compile(Variant& variant) const;
  [[nodiscard]] Result<void> check_agreement();
  [[nodiscard]] Joules energy_of(const RunReport& report, const manager::BoardMachine::Seat& seat, Nanoseconds time) const;

  Family family_;
  manager::BoardMachine machine_;
  std::vector<Variant> variants_;
  std::size_t widest_ = 0;
};

}  // namespace mosaic
