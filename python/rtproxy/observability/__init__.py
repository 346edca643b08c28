"""What the proxy tells about itself; the pure rooms do not import it."""
