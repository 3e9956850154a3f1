package main

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"kptr/test/sched/measure"
)

// Of a panel.
const (
	panelWidth  = 12 * vg.Centimeter
	panelHeight = 8 * vg.Centimeter
)

// colours tell schedulers apart also in grey, and for the colour-blind (Okabe and Ito).
var colours = map[string]color.Color{
	measure.Default:  color.RGBA{0x00, 0x00, 0x00, 0xff},
	measure.HintsOff: color.RGBA{0xe6, 0x9f, 0x00, 0xff},
	measure.HintsOn:  color.RGBA{0x00, 0x72, 0xb2, 0xff},
}

// drawLatency draws an SVG with a panel for each workload and form.
func drawLatency(w io.Writer, all summaries) error {
	panels := make([][]*plot.Plot, len(workloads))
	for i, workload := range workloads {
		for _, f := range forms {
			p, err := panel(all, f.name, workload)
			if err != nil {
				return err
			}
			panels[i] = append(panels[i], p)
		}
	}
	canvas := vgsvg.New(panelWidth*vg.Length(len(forms)), panelHeight*vg.Length(len(workloads)))
	dc := draw.New(canvas)
	dc.SetColor(color.White)
	dc.Fill(dc.Rectangle.Path())
	tiles := draw.Tiles{Rows: len(workloads), Cols: len(forms), PadX: vg.Centimeter / 2, PadY: vg.Centimeter / 2}
	for i, row := range plot.Align(panels, tiles, dc) {
		for j, c := range row {
			panels[i][j].Draw(c)
		}
	}
	_, err := canvas.WriteTo(w)
	return err
}

// leastShare is that of one wake-up among as many as a full run has, rounded down to a power of ten.
const leastShare = 1e-5

// decades are the powers of ten, in microseconds, that all latencies of a form lie between.
func (all summaries) decades(form string) (least, most float64) {
	least, most = 10, 100
	for _, s := range all {
		if s.form == form {
			xy := curve(s.latency())
			least, most = min(least, xy[0].X), max(most, xy[len(xy)-1].X)
		}
	}
	return math.Pow(10, math.Floor(math.Log10(least))), math.Pow(10, math.Ceil(math.Log10(most)))
}

func panel(all summaries, form, workload string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = form + ", " + workload
	p.X.Label.Text, p.Y.Label.Text = "wake-up latency, µs", "share at least so late"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.X.Min, p.X.Max = all.decades(form)
	p.Y.Min, p.Y.Max = leastShare, 1
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	for _, scheduler := range schedulers {
		s := all.find(form, workload, scheduler)
		if s == nil {
			continue
		}
		line, err := plotter.NewLine(curve(s.latency()))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Title.Text, err)
		}
		line.Color, line.Width = colours[scheduler], vg.Points(1.5)
		p.Add(line)
		p.Legend.Add(scheduler, line)
	}
	return p, nil
}

// stepsPerDecade is how many points of a curve lie between a latency and ten times as much, at most.
const stepsPerDecade = 50

// curve gives, for latencies in microseconds, the share of all that are at least so long: never 0, so that it can be drawn to a
// logarithmic scale.
func curve(h measure.Histogram) plotter.XYs {
	total := float64(h.Total())
	var xy plotter.XYs
	var before uint64
	step := math.Inf(-1)
	points := h.Points()
	for i, p := range points {
		x := max(p.Latency, measure.Resolution).Seconds() * 1e6
		if at := math.Floor(math.Log10(x) * stepsPerDecade); at > step || i == len(points)-1 {
			xy = append(xy, plotter.XY{X: x, Y: (total - float64(before)) / total})
			step = at
		}
		before = p.Rank
	}
	return xy
}
