// The part of Apache ECharts this product draws with. Add a series here, rebuild, commit the result.
import * as core from "echarts/core";
import { LineChart, BarChart, ScatterChart, CustomChart, HeatmapChart, SankeyChart } from "echarts/charts";
import {
  AriaComponent, DataZoomInsideComponent, GridComponent, LegendComponent, MarkAreaComponent,
  MarkLineComponent, MarkPointComponent, TooltipComponent, VisualMapContinuousComponent,
} from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

core.use([
  LineChart, BarChart, ScatterChart, CustomChart, HeatmapChart, SankeyChart,
  AriaComponent, DataZoomInsideComponent, GridComponent, LegendComponent, MarkAreaComponent,
  MarkLineComponent, MarkPointComponent, TooltipComponent, VisualMapContinuousComponent, SVGRenderer,
]);

export const init = core.init;
export const getInstanceByDom = core.getInstanceByDom;
export const graphic = core.graphic;
export const version = core.version;
