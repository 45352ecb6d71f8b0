#include "mosaic/session/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "tests/workspaces.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::Workshop;
using testing::HasSubstr;

/// Runs exported slices with plain ONNX Runtime by what the manifest says, and gives the model's outputs.
std::vector<Tensor> run_exported(const std::filesystem::path& folder, const Graph& graph, const std::vector<Tensor>& inputs) {
  const Json manifest = expect(parse_json(expect(read_file(folder / "manifest.json"))));
  std::map<std::string, Tensor> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) values[graph.tensor(graph.inputs[i]).name] = inputs[i];
  for (const Json& step : manifest.at("order")) {
    const Json& slice = manifest.at("slices").at(step.get<std::size_t>());
    const auto session = expect(ort::Reference::open(folder / slice.at("file").get<std::string>(), {.threads = 1, .spin = false}));
    std::vector<const Tensor*> arguments;
    for (const std::string& name : session->inputs()) {
      EXPECT_TRUE(values.contains(name)) << name << " is used before it is made";
      arguments.push_back(&values[name]);
    }
    EXPECT_EQ(slice.at("inputs").size(), arguments.size());
    expect(session->bind(arguments));
    expect(session->run());
    auto results = expect(session->results());
    EXPECT_EQ(slice.at("outputs").size(), results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(slice.at("outputs").at(i).at("shape").get<Shape>(), results[i].shape());
      values[session->outputs()[i]] = std::move(results[i]);
    }
  }
  std::vector<Tensor> outputs;
  for (const TensorId id : graph.outputs) outputs.push_back(values.at(graph.tensor(id).name));
  return outputs;
}

ValidPlan valid_plan(const Workspace& workspace, const Plan& plan) { return expect(validate(workspace.graph(), workspace.board(), plan)); }

TEST(ExportPlan, WritesSlicesThatPlainOnnxRuntimeRunsInOrder) {
  const Workshop workshop(test::diamond(), test::simulated_board_text());
  const Workspace& workspace = workshop.workspace();
  const std::size_t layers = workspace.graph().layers.size();
  const auto inputs = expect(workspace.random_inputs(1));
  std::vector<std::size_t> finest;
  std::vector<std::string> names;
  for (std::size_t k = 0; k <= layers; ++k) finest.push_back(k);
  for (std::size_t k = 0; k < layers; ++k) names.push_back(k % 2 == 0 ? "gpu" : "npu");
  const std::vector<Plan> plans{test::chain_plan({0, layers}, {"gpu"}), test::chain_plan({0, 1, layers}, {"gpu", "big/1c"}),
                                test::chain_plan(finest, names)};
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const std::filesystem::path folder = workshop / ("slices" + std::to_string(i));
    expect(export_plan(workspace, valid_plan(workspace, plans[i]), folder));
    // A convolution and a sum in two slices are not fused, so they round once more.
    EXPECT_LE(compare(workshop.reference(inputs)[0], run_exported(folder, workspace.graph(), inputs)[0]).relative, 1e-6) << i;
  }
}

TEST(ExportPlan, SaysWhereEachSliceRunsAndWhatItComesAfter) {
  const Workshop workshop(test::conv_chain(3), test::simulated_board_text());
  const Workspace& workspace = workshop.workspace();
  expect(export_plan(workspace, valid_plan(workspace, test::chain_plan({0, 1, 3}, {"gpu", "big/4c"})), workshop / "out"));
  const Json manifest = expect(parse_json(expect(read_file(workshop / "out/manifest.json"))));
  EXPECT_EQ(manifest.at("board"), "toy");
  EXPECT_EQ(manifest.at("inputs").at(0).at("name"), "x");
  ASSERT_EQ(manifest.at("slices").size(), 2U);
  const Json& second = manifest.at("slices").at(1);
  EXPECT_EQ(second.at("configuration"), "big/4c");
  EXPECT_EQ(second.at("layers"), "1-2");
  EXPECT_EQ(second.at("after").get<std::vector<int>>(), std::vector<int>{0});
  EXPECT_EQ(second.at("inputs").at(0), manifest.at("slices").at(0).at("outputs").at(0));
}

TEST(ExportPlan, RefusesAFolderThatIsNotEmpty) {
  const Workshop workshop(test::conv_chain(1), test::simulated_board_text());
  const Workspace& workspace = workshop.workspace();
  const ValidPlan plan = valid_plan(workspace, test::chain_plan({0, 1}, {"gpu"}));
  const std::filesystem::path folder = workshop / "taken";
  expect(write_file(folder / "precious.txt", "mine"));
  const auto exported = export_plan(workspace, plan, folder);
  EXPECT_THAT(error_of(exported), HasSubstr("is not empty"));
  EXPECT_EQ(exported.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(expect(read_file(folder / "precious.txt")), "mine");
  EXPECT_FALSE(std::filesystem::exists(folder / "manifest.json"));
}

TEST(ExportPlan, TakesAnEmptyFolderAndOneThatIsNotThere) {
  const Workshop workshop(test::conv_chain(1), test::simulated_board_text());
  const Workspace& workspace = workshop.workspace();
  const ValidPlan plan = valid_plan(workspace, test::chain_plan({0, 1}, {"gpu"}));
  std::filesystem::create_directory(workshop / "empty");
  for (const std::string name : {"empty", "new", "deeper/new", "slash/"}) {
    const auto exported = export_plan(workspace, plan, workshop / name);
    EXPECT_TRUE(exported.has_value()) << name << ": " << exported.error().message;
    EXPECT_TRUE(std::filesystem::exists(workshop / name / "slice_0.onnx")) << name;
  }
}

TEST(ExportPlan, LeavesNothingBehindWhereItCannotWrite) {
  const Workshop workshop(test::conv_chain(1), test::simulated_board_text());
  const Workspace& workspace = workshop.workspace();
  const ValidPlan plan = valid_plan(workspace, test::chain_plan({0, 1}, {"gpu"}));
  expect(write_file(workshop / "file", "no folder"));
  EXPECT_FALSE(export_plan(workspace, plan, workshop / "file/below").has_value());
  EXPECT_EQ(expect(read_file(workshop / "file")), "no folder");
}

}  // namespace
}  // namespace mosaic
