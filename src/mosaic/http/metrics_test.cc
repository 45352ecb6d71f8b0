#include "mosaic/http/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "tests/prometheus_text.h"
#include "tests/support.h"

namespace mosaic::http {
namespace {

using test::check_prometheus_text;
using testing::HasSubstr;

TEST(Metrics, StandByNameAndLabelsWithHelpAndTypeOnce) {
  Metrics metrics;
  metrics.gauge("queue_length", "Requests that wait.").set(2.5);
  metrics.counter("requests_total", "Requests.", {{"code", "429"}}).add();
  metrics.counter("requests_total", "Requests.", {{"code", "200"}}).add(7);
  EXPECT_EQ(metrics.text(),
            "# HELP queue_length Requests that wait.\n"
            "# TYPE queue_length gauge\n"
            "queue_length 2.5\n"
            "# HELP requests_total Requests.\n"
            "# TYPE requests_total counter\n"
            "requests_total{code=\"200\"} 7\n"
            "requests_total{code=\"429\"} 1\n");
  EXPECT_EQ(check_prometheus_text(metrics.text()), "");
}

TEST(Metrics, AskedForAgainAreTheSame) {
  Metrics metrics;
  Counter& first = metrics.counter("a", "A.", {{"k", "v"}});
  EXPECT_EQ(&first, &metrics.counter("a", "A.", {{"k", "v"}}));
  EXPECT_NE(&first, &metrics.counter("a", "A.", {{"k", "w"}}));
}

TEST(Metrics, HistogramsAddUpFromBucketToBucket) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("seconds", "Time.", {0.5, 1}, {{"m", "x"}});
  for (const double value : {0.25, 0.5, 0.75, 4.0}) histogram.observe(value);  // a limit belongs to the bucket below it
  EXPECT_THAT(metrics.text(), HasSubstr("seconds_bucket{m=\"x\",le=\"0.5\"} 2\n"
                                        "seconds_bucket{m=\"x\",le=\"1\"} 3\n"
                                        "seconds_bucket{m=\"x\",le=\"+Inf\"} 4\n"
                                        "seconds_sum{m=\"x\"} 5.5\n"
                                        "seconds_count{m=\"x\"} 4\n"));
  EXPECT_EQ(check_prometheus_text(metrics.text()), "");
}

TEST(Metrics, SummariesTellQuantilesOfTheLatestAndCountAll) {
  Metrics metrics;
  Summary& summary = metrics.summary("ms", "Time.");
  EXPECT_THAT(metrics.text(), HasSubstr("ms{quantile=\"0.5\"} NaN\n"));
  for (int i = 0; i < 1000; ++i) summary.observe(1e6);                    // pushed out
  for (int i = 0; i < 4096; ++i) summary.observe(i <= 4055 ? 0.0 : 1.0);  // the last 40 of 4,096: less than a hundredth
  EXPECT_THAT(metrics.text(), HasSubstr("ms{quantile=\"0.5\"} 0\nms{quantile=\"0.95\"} 0\nms{quantile=\"0.99\"} 0\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("ms_sum 1000000040\nms_count 5096\n"));
  summary.observe(1.0);
  summary.observe(1.0);  // 42 of 4,096: more than a hundredth
  EXPECT_THAT(metrics.text(), HasSubstr("ms{quantile=\"0.95\"} 0\nms{quantile=\"0.99\"} 1\n"));
  EXPECT_EQ(check_prometheus_text(metrics.text()), "");
}

TEST(Metrics, EscapeWhatWouldEndALineOrALabel) {
  Metrics metrics;
  metrics.counter("a", "Back\\slash,\nline \"and\" quote.", {{"k", "a\"b\\c\nd"}}).add();
  EXPECT_EQ(metrics.text(),
            "# HELP a Back\\\\slash,\\nline \"and\" quote.\n"
            "# TYPE a counter\n"
            "a{k=\"a\\\"b\\\\c\\nd\"} 1\n");
  EXPECT_EQ(check_prometheus_text(metrics.text()), "");
}

TEST(Metrics, SayWhatIsNotFinite) {
  Metrics metrics;
  metrics.gauge("a", "A.").set(std::numeric_limits<double>::infinity());
  metrics.gauge("b", "B.").set(-std::numeric_limits<double>::infinity());
  metrics.gauge("c", "C.").set(std::nan(""));
  EXPECT_THAT(metrics.text(), testing::AllOf(HasSubstr("a +Inf\n"), HasSubstr("b -Inf\n"), HasSubstr("c NaN\n")));
  EXPECT_EQ(check_prometheus_text(metrics.text()), "");
}

TEST(Metrics, CountFromSeveralThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&metrics, t] {
        for (int i = 0; i < 1000; ++i) {
          metrics.counter("a", "A.", {{"t", std::to_string(t % 2)}}).add();
          metrics.gauge("b", "B.").add(1);
          metrics.summary("c", "C.").observe(i);
          metrics.histogram("d", "D.", {500}).observe(i);
          if (i % 100 != 0) continue;
          EXPECT_EQ(check_prometheus_text(metrics.text()), "");
        }
      });
    }
  }
  EXPECT_THAT(metrics.text(), testing::AllOf(HasSubstr("a{t=\"0\"} 2000\na{t=\"1\"} 2000\n"), HasSubstr("b 4000\n"), HasSubstr("c_count 4000\n"),
                                             HasSubstr("d_count 4000\n")));
}

TEST(PrometheusText, CheckerFindsWhatIsWrong) {
  EXPECT_EQ(check_prometheus_text("# HELP a A.\n# TYPE a counter\na 1\n"), "");
  for (const char* wrong : {"a 1\n", "# HELP a A.\n# TYPE a counter\na 1", "# HELP a A.\n# TYPE a counter\n# HELP a A.\na 1\n",
                            "# HELP a A.\n# TYPE a counter\na{k=\"x} 1\n", "# HELP a A.\n# TYPE a counter\na one\n",
                            "# HELP a A.\n# TYPE a counter\nb 1\n", "# HELP a A.\n# TYPE a counter\na 1\na 2\n",
                            "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 3\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 2\n",
                            "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 3\na_sum 1\na_count 3\n"}) {
    EXPECT_NE(check_prometheus_text(wrong), "") << wrong;
  }
}

}  // namespace
}  // namespace mosaic::http
