#pragma once

// What ONNX Runtime makes of a run of steps. Only files of this folder include this header; it is not installed.

#include <string>
#include <string_view>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/backend/ort/engine.h"

namespace mosaic::ort {

/// One step of a run as a model for a session of its own.
struct LoweredStep {
  onnx::Model model;
  std::vector<std::string> inputs;  ///< names of the session's inputs ...
  std::vector<Port> input_ports;    ///< ... and the ports they belong to
  std::vector<std::string> outputs;
  std::vector<Port> output_ports;
  bool optimised = false;  ///< cut from the optimised graph: the session must leave it as it is
  bool empty = false;      ///< the engine needs no operator for it
};

/// The steps as pieces of the given model; each session optimises its own. What crosses between them are source tensors in plain layout.
[[nodiscard]] std::vector<LoweredStep> cut_as_given(const Run& run);

/// The steps as pieces of what the engine makes of the whole run: no fusion is lost at a cut and no layout is converted back and forth.
///
/// The engine optimises the run once with all tensors that cross between steps as additional outputs. For each it leaves the tensor as it is or adds
/// one conversion to plain layout. An engine node belongs to the first step whose crossing tensors need it; that is right for any rewriting,
/// because needing is transitive: a node never belongs to an earlier step than what it uses. Then the additional outputs and what only they need
/// are dropped, and what crosses is what nodes of a later step use from an earlier one, in whatever layout the engine keeps it.
/// Errors: kUnsupported, kEngine.
[[nodiscard]] Result<std::vector<LoweredStep>> cut_after_optimisation(Engine& engine, const Run& run, std::string_view scope);

}  // namespace mosaic::ort
