"""The bare exchange: two DECstations without an operating system send a frame to and fro, on interrupts.

Thekkath and Levy (TOCS 11(2), 1993, section 2.3.1 and Table I) measured it on two DECstation 5000/200: what the machine
itself costs, with the least of software. Both ends run the program beside this module: they wait with interrupts on; an
interrupt brings a frame; it is copied into memory, and a frame from memory is copied out and sent.

The path of one frame, written down before it was first run, with the row of the table that each step belongs to. The
span begins when the LANCE raises its interrupt and ends when the store that demands transmission reaches it.

    row         step                                                                        routine
    vectoring   the instruction under way ends; exception entry                             (processor)
    vectoring   Cause's ExcCode, through a table                                            general_exception
    vectoring   what a high-level routine may change is saved: 18 registers, HI and LO      interrupt
    vectoring   highest of the lines that are up and enabled, through a table               interrupt
    vectoring   which device on that line: the board's register, through a table            io_interrupt
    service     CSR0 read; what it reports is acknowledged; errors and reasons told apart   lance_interrupt
    transfer    RMD1: whose, whole, without error?  RMD3: length                            receive_frame
    transfer    copy from the controller's memory to memory                                 copy_in
    transfer    RMD1: the descriptor goes back; the next one is the ring's                  receive_frame
    service     what is done with a frame: it is counted, and the answer is chosen          exchange
    transfer    TMD1: is it free?                                                           send_frame
    transfer    copy from memory to the controller's memory                                 copy_out
    transfer    TMD2, TMD1, TDMD in CSR0; from that store on until it has drained           send_frame
    controller  TDMD seen: descriptor, first burst, calibrated delay                        (LANCE)
    wire        first bit to last                                                           (wire)
    controller  last burst, descriptor, calibrated delay: the interrupt                     (LANCE)

What comes after the demand (the rest of the handler, registers restored, the transmit interrupt) overlaps with the
controller and the wire. The controller's row is the one that the model is calibrated to; no other is fitted.

On the 5000/200, the controller's memory is its own, dense, word by word through kseg1. On the 5000/125 it is main
memory, 16 bytes and 16 of gap, block by block through kseg1. Else both run the same program.
"""
